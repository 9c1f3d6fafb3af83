"""The command that lists what readers said of answers."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict

from ui.cli_base import DONE, CommandFailed


def feedback(options: argparse.Namespace) -> int:
    """Lists the votes, newest last; works whoever serves the base meanwhile."""
    from qa.settings import default_home
    from ui.feedback import NAME, kept

    home = options.home or default_home()
    try:
        said = list(kept(home))
    except OSError as error:
        raise CommandFailed(f"{home / NAME}：读不了（{error}）") from error
    if options.json:
        print(json.dumps([asdict(f) for f in said], ensure_ascii=False))
        return DONE
    for f in said:
        vote = "有用" if f.vote == "up" else "有问题"
        taken = f"（按“{f.understood_as}”理解）" if f.understood_as else ""
        print(" ".join(filter(None, [f.time, vote, f.reason, f"{f.question}{taken}", f.text])))
    up = sum(f.vote == "up" for f in said)
    print(f"共 {len(said)} 条：有用 {up}，有问题 {len(said) - up}")
    return DONE
