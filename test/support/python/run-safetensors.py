# Reads a safetensors file by its specification alone and runs the network with numpy:
#   run-safetensors.py MODEL IMAGES OUT
# IMAGES are bytes, one image after the other; OUT gets the probabilities as little-endian float32.
import json
import struct
import sys
import numpy

model_path, images_path, out = sys.argv[1:]
with open(model_path, "rb") as file:
    data = file.read()
(length,) = struct.unpack("<Q", data[:8])
header = json.loads(data[8 : 8 + length])
metadata = header["__metadata__"]
mean, std = float(metadata["mean"]), float(metadata["std"])
assert metadata["normalisation"] == f"(pixel / 255 - {metadata['mean']}) / {metadata['std']}"
tensors = {}
for name, entry in header.items():
    if name == "__metadata__":
        continue
    begin, end = entry["data_offsets"]
    tensors[name] = numpy.frombuffer(data[8 + length + begin : 8 + length + end], "<f4").reshape(entry["shape"])
x = numpy.fromfile(images_path, dtype=numpy.uint8).astype(numpy.float32)
x = (x.reshape(-1, tensors["fc1.weight"].shape[1]) / 255 - mean) / std
layer = 1
while f"fc{layer}.weight" in tensors:
    x = x @ tensors[f"fc{layer}.weight"].T + tensors[f"fc{layer}.bias"]
    layer += 1
    if f"fc{layer}.weight" in tensors:
        x = numpy.maximum(x, 0)
e = numpy.exp(x - x.max(axis=1, keepdims=True))
(e / e.sum(axis=1, keepdims=True)).astype("<f4").tofile(out)
