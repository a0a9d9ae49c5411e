"""The shipped avatar but for all its Gaussians save the first: python tests/e2e/single.py OUT writes its bundle."""

import hashlib
import json
import shutil
import sys
from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper

AVATAR = Path(__file__).parents[2] / "public" / "models" / "default"
out = Path(sys.argv[1])
shutil.copytree(AVATAR, out, dirs_exist_ok=True)
meta = json.loads((AVATAR / "avatar.json").read_text())
count, files = meta["gaussians"], meta["files"]

head, body = (AVATAR / files["gaussians"]["path"]).read_bytes().split(b"end_header\n", 1)
head = head.replace(b"vertex %d" % count, b"vertex 1")
names = [line.split()[-1] for line in head.decode().splitlines() if line.startswith("property")]
row = np.frombuffer(body, "<f4")[: len(names)].copy()
# A ball of half a decimetre before the face, that nobody can miss.
row[:] = 0
for name, value in {"x": 0, "y": meta["pivot"][1] + 1, "z": 1, "rot_0": 1, "opacity": 9, "head_weight": 1}.items():
    row[names.index(name)] = value
for name in ("scale_0", "scale_1", "scale_2"):
    row[names.index(name)] = np.log(0.25)
row[names.index("f_dc_0")] = 3

model = onnx.load(AVATAR / files["deform"]["path"])
for tensor in model.graph.initializer:
    if tensor.dims[0] == count:
        tensor.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(tensor)[:1], tensor.name))
model.graph.output[0].type.tensor_type.shape.dim[0].dim_value = 1

meta["gaussians"] = 1
for key, data in {"gaussians": head + b"end_header\n" + row.tobytes(), "deform": model.SerializeToString()}.items():
    (out / files[key]["path"]).write_bytes(data)
    files[key].update(bytes=len(data), sha256=hashlib.sha256(data).hexdigest())
(out / "avatar.json").write_text(json.dumps(meta))
