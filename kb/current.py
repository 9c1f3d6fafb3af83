"""What serves now: a generation of chunks with its indexes and embedder, opened at first use, replaced in one step."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from kb.catalog_reading import CatalogReading
from kb.embed import Embedder, EmbedderError
from kb.errors import OtherRecipe, StorageFull
from kb.generations import Maker
from kb.indexes import Glimpse, Indexes, folder_of
from kb.known import Known
from kb.premises import Premises
from kb.records import Record
from kb.reindex import OnDone, Split
from kb.room import lacking_bytes, no_room_line, plain_errors
from kb.serving import Serving

Former = Callable[[str, str], Embedder]  # the name and the note of an embedder; raises EmbedderError


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the settings ask of a base; `maker` is what its chunks are to be made with, by `embedder` and `split`."""

    maker: Maker
    embedder: Embedder
    split: Split | None = None
    former: Former | None = None
    repair: bool = False  # a base that was made otherwise is about to be made anew: it need not serve
    chroma_url: str = ""
    on_rebuild: OnDone | None = None


class Current:
    """The generation that serves."""

    def __init__(self, premises: Premises, wanted: Wanted, known: Callable[[], Known]) -> None:
        """Finds the embedder that serves; indexes are opened later. Raises OtherRecipe when it is not to be had."""
        self._premises, self._wanted, self._known = premises, wanted, known
        self._catalog = premises.catalog
        self._serving: Serving | None = None
        self.embedder = self._serving_embedder()

    def close(self) -> None:
        """Waits for the searches that have begun, and closes the indexes."""
        if self._serving is not None:
            self._serving.retire()
            self._serving.indexes.close()
            self._serving = None

    @contextmanager
    def in_use(self) -> Iterator[Serving]:
        """What serves, kept as it is until the end."""
        while not (serving := self.open()).enter():
            pass
        try:
            yield serving
        finally:
            serving.leave()

    def open(self) -> Serving:
        """What serves; its indexes are opened and mended at their first use."""
        serving, owned = self._serving, self._premises.owned
        if serving is not None and (owned or serving.generation == self._catalog.generation):
            return serving
        with self._premises.write_lock, plain_errors(self._premises.home):
            if self._serving is None:
                indexes = self.own_indexes(on_done=self._wanted.on_rebuild) if owned else self._glimpse()
                self._serving = self._serve(indexes)
            elif not owned and self._serving.generation != self._catalog.generation:  # its owner rebuilt it
                self.embedder = self._serving_embedder()
                self._serving = self._serve(self._glimpse())
            return self._serving

    def rebuild(self, on_done: OnDone) -> None:
        """Builds the indexes anew from the ledger; the caller may write."""
        self.close()
        self._serving = self._serve(self.own_indexes(anew=True, on_done=on_done))

    def replace(self, indexes: Indexes) -> Serving | None:
        """Lets the generation that the ledger now names serve, by the embedder that is wanted; what served before."""
        self.embedder = self._wanted.embedder
        before, self._serving = self._serving, self._serve(indexes)
        return before

    def own_indexes(
        self, generation: int | None = None, *, anew: bool = False, on_done: OnDone | None = None
    ) -> Indexes:
        """The indexes of a generation, by default of the one that serves, for the process that owns the base.

        Raises StorageFull with how much room they lack.
        """
        number = generation or self._catalog.generation
        if not self._catalog.meta("id"):  # names this base's rows on a server that several bases share
            self._catalog.set_meta(id=uuid.uuid4().hex)
        name = f"zhengda-{self._catalog.meta('id')}"
        folder, catalog = folder_of(self._premises.home, number), self._catalog.at(number)
        try:
            return Indexes(
                folder,
                catalog,
                chroma_url=self._wanted.chroma_url,
                collection=name if number == 1 else f"{name}-{number}",
                anew=anew,
                on_done=on_done,
            )
        except StorageFull as error:
            if not (lacking := lacking_bytes(folder, catalog.chunk_count(), catalog.vector_bytes())):
                raise
            raise StorageFull(no_room_line(self._premises.home, lacking)) from error

    # --- inside ---

    def _glimpse(self) -> Glimpse:
        generation = self._catalog.generation
        return Glimpse(folder_of(self._premises.home, generation), self._catalog.at(generation))

    def _serve(self, indexes: Indexes | Glimpse) -> Serving:
        number = self._catalog.generation
        return Serving(number, self.embedder, self._catalog.at(number), indexes, self._texts_of)

    def _texts_of(self, catalog: CatalogReading, ids: Sequence[str]) -> dict[str, str]:
        """Chunks below the title and issuer of their document."""
        records = self._known().by_id
        return {
            i: f"{_head(records[chunk.document_id])} {chunk.text}"
            for i, chunk in catalog.chunks_by_id(ids).items()
            if chunk.document_id in records
        }

    def _serving_embedder(self) -> Embedder:
        """The embedder that the vectors were made with. Raises OtherRecipe when it is not to be had."""
        home, wanted, ours = self._premises.home, self._wanted, self._wanted.maker
        maker = self._catalog.generations.maker()
        if maker is None:
            if self._premises.owned:
                self._catalog.set_meta(embedder=ours.embedder, recipe=ours.recipe, embedder_note=ours.note)
            return wanted.embedder
        if maker.is_same(ours) or wanted.repair:
            return wanted.embedder
        if maker.recipe != ours.recipe and wanted.split is None:
            raise _other_recipe(home, "分段方式", maker.recipe, ours.recipe)
        if maker.embedder == ours.embedder:
            return wanted.embedder
        return _opened_former(home, maker, ours, wanted.former)


def _opened_former(home: Path, maker: Maker, ours: Maker, former: Former | None) -> Embedder:
    """The embedder of an earlier setting. Raises OtherRecipe."""
    if former is None:
        raise _other_recipe(home, "向量模型", maker.embedder, ours.embedder)
    try:
        embedder = former(maker.embedder, maker.note)
        embedder.query("政策")
    except EmbedderError as error:
        raise _other_recipe(home, "向量模型", maker.embedder, ours.embedder, str(error)) from error
    if embedder.name != maker.embedder:
        raise _other_recipe(home, "向量模型", maker.embedder, ours.embedder)
    return embedder


def _head(record: Record) -> str:
    return f"{record.metadata.title} {record.metadata.issuer or ''}"


def _other_recipe(home: Path, what: str, theirs: str, ours: str, why: str = "") -> OtherRecipe:
    gone = f"，而原来的打不开（{why}）" if why else ""
    return OtherRecipe(
        f"{home}：资料库的{what}是 {theirs}，当前设置是 {ours}{gone}；请改回原设置，或运行 zhengda doctor --repair 重建"
    )
