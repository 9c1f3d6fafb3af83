"""The answer in a language model's words: the same evidence, every sentence checked against what it cites."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from qa.answer import Answer, Citation, Outcome, Warning
from qa.compose import cite
from qa.prompts import NO_ANSWER, QUESTION, SYSTEM
from qa.question import Question
from qa.reader import Reading
from qa.settings import Settings
from qa.validity import Standing
from qa.verify import MARK, sentences, unsupported

_MATERIALS = 8


def written(
    settings: Settings, question: Question, readings: Sequence[Reading], verbatim: Answer, *, standing: Standing
) -> Iterator[Answer]:
    """The answer as the model writes it; the last one is checked.

    Sentences that their citations do not carry are taken out and shown as "unsupported" warnings. When the model
    cannot be reached, says the materials hold nothing, or nothing it says can be supported, the verbatim answer stands.
    """
    from langchain.messages import HumanMessage, SystemMessage
    from langchain_openai import ChatOpenAI
    from openai import OpenAIError
    from pydantic import SecretStr

    materials = _materials(readings, verbatim, standing)
    model = ChatOpenAI(
        base_url=settings.llm_base_url,
        model=settings.llm_model,
        api_key=SecretStr(settings.llm_api_key or "none"),
        timeout=settings.llm_timeout_s,
        max_retries=1,
        temperature=0,
    )
    evidence = "\n".join(f"[{c.number}]《{c.title}》{' > '.join(c.path)}:{c.quote}" for c in materials)
    messages = [SystemMessage(SYSTEM), HumanMessage(QUESTION.format(evidence=evidence, question=question.text))]
    text = ""
    try:
        for part in model.stream(messages):
            text += str(part.text)
            yield replace(verbatim, outcome=Outcome.ANSWERED, text=text, citations=materials)
    except OpenAIError as error:
        yield _fallen_back(verbatim, f"语言模型没有应答（{type(error).__name__}），以下为原文摘录。")
        return
    yield _checked(text, materials, verbatim)


def _materials(readings: Sequence[Reading], verbatim: Answer, standing: Standing) -> tuple[Citation, ...]:
    """What the model may cite: the verbatim answer's quotes first, then the best further sentences."""
    chosen = list(verbatim.citations)
    for reading in readings:
        if len(chosen) >= _MATERIALS:
            break
        evidence = reading.evidence
        if not any(c.document_id == evidence.document.id and c.start <= evidence.start < c.end for c in chosen):
            chosen.append(cite(reading, len(chosen) + 1, (evidence.start, evidence.end), standing=standing))
    return tuple(chosen)


def _checked(text: str, materials: tuple[Citation, ...], verbatim: Answer) -> Answer:
    """Only the sentences that their citations carry; the rest as warnings."""
    kept: list[str] = []
    warnings: list[Warning] = []
    for sentence in sentences(text):
        if MARK.search(sentence) and not unsupported(sentence, materials):
            kept.append(sentence)
        elif NO_ANSWER not in sentence:
            warnings.append(Warning(kind="unsupported", text=f"模型的这句话没有依据，未采用：{MARK.sub('', sentence)}"))
    if not kept:
        return replace(verbatim, warnings=(*verbatim.warnings, *warnings))
    answer = "".join(kept)
    used = {int(m) for m in MARK.findall(answer)}
    return replace(
        verbatim,
        outcome=Outcome.ANSWERED if verbatim.outcome is Outcome.NO_EVIDENCE else verbatim.outcome,
        text=answer,
        citations=tuple(c for c in materials if c.number in used),
        warnings=(*verbatim.warnings, *warnings),
    )


def _fallen_back(verbatim: Answer, why: str) -> Answer:
    return replace(verbatim, warnings=(*verbatim.warnings, Warning(kind="other", text=why)))
