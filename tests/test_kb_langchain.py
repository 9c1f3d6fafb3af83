"""The knowledge base in LangChain: passages come as its documents, and a chain runs on them."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from documents import REPORT_A, RULE, loaded
from pydantic import ValidationError

from ingest.chunk import RECIPE
from kb.embed import HashEmbedder, open_embedder
from kb.filters import Filter
from kb.knowledge_base import KnowledgeBase
from kb.langchain_retriever import KnowledgeBaseRetriever
from kb.records import FileRecord

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KnowledgeBase]:
    folder = tmp_path_factory.mktemp("base")
    base = KnowledgeBase(folder / "home", HashEmbedder(128), "recipe", to_write=True)
    for name, text in (("rule", RULE), ("report", REPORT_A)):
        document, chunks = loaded(folder, text, name)
        file = FileRecord(
            path=name,
            source=f"{name}.txt",
            sha256=name,
            original=None,
            documents=(document.id,),
            coverage=document.coverage,
        )
        base.put_file(file, [(document, chunks)])
    base.refresh()
    yield base
    base.close()


def test_passages_come_as_documents_with_where_they_stand(base: KnowledgeBase) -> None:
    (found,) = KnowledgeBaseRetriever(base=base, limit=1).invoke("养牛每头补助多少")
    assert "2500元" in found.page_content
    metadata = found.metadata
    document = base.document(metadata["document_id"])
    assert document.text[metadata["start"] : metadata["end"]] == found.page_content
    assert set(metadata) == {
        "document_id", "source", "title", "document_number", "place", "year", "path", "pages", "start", "end", "score",
    }  # fmt: skip
    assert metadata["document_number"] == "云政办发〔2023〕5号"
    assert metadata["title"] == document.metadata.title
    (passage,) = base.search("养牛每头补助多少", 1)
    assert (metadata["path"], metadata["score"]) == (list(passage.chunk.path), passage.score)
    assert metadata["pages"] == []
    assert found.id is not None


def test_best_first_and_no_more_than_asked_for(base: KnowledgeBase) -> None:
    found = KnowledgeBaseRetriever(base=base, limit=3).invoke("补助")
    scores = [d.metadata["score"] for d in found]
    assert len(found) == 3
    assert scores == sorted(scores, reverse=True)


def test_the_filter_is_kept_to(base: KnowledgeBase) -> None:
    report = next(r for r in base.documents() if r.metadata.document_number is None)
    only = KnowledgeBaseRetriever(base=base, filter=Filter(documents=frozenset([report.id])), limit=20)
    assert {d.metadata["document_id"] for d in only.invoke("补助")} == {report.id}
    assert KnowledgeBaseRetriever(base=base, filter=Filter(years=frozenset([1999]))).invoke("补助") == []


def test_it_runs_in_a_chain_batched_and_async(base: KnowledgeBase) -> None:
    from langchain_core.runnables import RunnableLambda

    chain = KnowledgeBaseRetriever(base=base, limit=1) | RunnableLambda(lambda found: found[0].page_content)
    assert "2500元" in chain.invoke("养牛每头补助多少")
    assert "46人" in chain.batch(["养羊每只补助", "松溪镇公益性岗位安置多少人"])[1]
    assert "2500元" in asyncio.run(chain.ainvoke("养牛每头补助多少"))


@pytest.mark.parametrize("wrong", [{"limit": 0}, {"k": 5}])
def test_a_wrong_argument_is_refused(base: KnowledgeBase, wrong: dict[str, int]) -> None:
    with pytest.raises(ValidationError):
        KnowledgeBaseRetriever(base=base, **wrong)


def test_the_example_in_the_docs_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    document, chunks = loaded(tmp_path, RULE)
    base = KnowledgeBase(tmp_path / "base", open_embedder("builtin"), RECIPE, to_write=True)
    file = FileRecord(
        path="a", source="a", sha256="a", original=None, documents=(document.id,), coverage=document.coverage
    )
    base.put_file(file, [(document, chunks)])
    base.close()
    (code,) = re.findall(r"```python\n(.*?)```", (ROOT / "docs/develop.md").read_text("utf-8"), re.S)
    monkeypatch.chdir(tmp_path)
    exec(code, {})
    assert "每亩补助80元" in capsys.readouterr().out


def test_the_base_itself_does_not_import_langchain() -> None:
    code = "import sys, kb.knowledge_base, qa.service; sys.exit('langchain_core' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0
