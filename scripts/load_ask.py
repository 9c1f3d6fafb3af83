"""How long an answer takes when many ask at once: /api/ask on the samples, 1 client, then 20.

    python scripts/load_ask.py [--clients 20] [--questions 10]

Each client asks one question after the other, of eval/sets/samples.jsonl; the first round warms up and is not counted.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx

sys.path.insert(0, str(Path(__file__).parent))
from screenshots import ROOT, served

SET = ROOT / "eval" / "sets" / "samples.jsonl"


def ask_all(address: str, questions: list[str]) -> list[float]:
    """The seconds of each answer, asked one after the other."""
    taken = []
    with httpx.Client(base_url=address, trust_env=False, timeout=300) as client:
        for question in questions:
            begun = time.perf_counter()
            client.post("/api/ask", json={"question": question}).raise_for_status()
            taken.append(time.perf_counter() - begun)
    return taken


def measure(address: str, questions: list[str], clients: int, each: int) -> tuple[float, float, float]:
    """Median and 95th percentile of the seconds of an answer, and answers a second."""
    lists = [[questions[(c * each + n) % len(questions)] for n in range(each)] for c in range(clients)]
    begun = time.perf_counter()
    with ThreadPoolExecutor(clients) as pool:
        taken = sorted(s for of_one in pool.map(lambda asked: ask_all(address, asked), lists) for s in of_one)
    seconds = time.perf_counter() - begun
    return statistics.median(taken), taken[int(0.95 * (len(taken) - 1))], len(taken) / seconds


def main() -> None:
    """Prints a line for one client and a line for many."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=20)
    parser.add_argument("--questions", type=int, default=10, help="that each client asks")
    chosen = parser.parse_args()
    questions = [json.loads(line)["question"] for line in SET.read_text("utf-8").splitlines() if line.strip()]
    os.environ["PYTHONPATH"] = str(ROOT)
    with tempfile.TemporaryDirectory() as folder, served(Path(folder)) as address:
        ask_all(address, questions[: chosen.questions])
        one = measure(address, questions, 1, 4 * chosen.questions)
        many = measure(address, questions, chosen.clients, chosen.questions)
    for clients, (median, late, rate) in ((1, one), (chosen.clients, many)):
        print(f"{clients:3} clients: p50 {median * 1000:.0f} ms, p95 {late * 1000:.0f} ms, {rate:.1f} answers/s")
    print(f"     times: p50 {many[0] / one[0]:.1f}, p95 {many[1] / one[1]:.1f}")


if __name__ == "__main__":
    main()
