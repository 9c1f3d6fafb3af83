"""The obvious alternatives on the same documents, questions and vectors. One file a system; `run.py` compares them.

Needs the extra `peers`; nothing of the product imports this package.
"""
