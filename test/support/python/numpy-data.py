"""Data sets as numpy's users write them, all of the same images, into the folder that is named; and what they are, as plain bytes."""

import os
import sys

import numpy as np

folder = sys.argv[1]
random = np.random.default_rng(1)
ROWS, COLUMNS = 6, 4


def images(count):
    made = random.integers(0, 256, (count, ROWS, COLUMNS), dtype=np.uint8)
    made[0, 0, :2] = [0, 255]
    return made


parts = {name: (images(count), (np.arange(count) % 3).astype(np.uint8)) for name, count in [("train", 12), ("val", 4), ("test", 6)]}
for name, (x, y) in parts.items():
    x.tofile(f"{folder}/{name}.images")
    y.tofile(f"{folder}/{name}.labels")


def keras(path, change=lambda x: x, label=lambda y: y, save=np.savez, splits=("train", "test")):
    arrays = {}
    for name in splits:
        x, y = parts[name]
        arrays[f"x_{name}"], arrays[f"y_{name}"] = change(x), label(y)
    save(f"{folder}/{path}", **arrays)


keras("stored.npz")
keras("packed.npz", save=np.savez_compressed)
keras("fortran.npz", np.asfortranarray, save=np.savez_compressed)
keras("channel-last.npz", lambda x: x[..., None])
keras("channel-first.npz", lambda x: x[:, None])
keras("fortran-channel.npz", lambda x: np.asfortranarray(x[..., None]))
for type in ["<i2", ">i2", "<u2", ">u4", "<i4", "<i8", ">i8", ">u8", "<f2", "<f4", ">f4", "<f8", ">f8"]:
    keras(f"type-{type.replace('<', 'little-').replace('>', 'big-')}.npz", lambda x: x.astype(type), lambda y: y.astype(type))
keras("parts-f4.npz", lambda x: x.astype("<f4") / np.float32(255))
keras("parts-f8.npz", lambda x: x / 255, save=np.savez_compressed)
keras("column.npz", label=lambda y: y[:, None])
keras("words.npz", label=lambda y: np.array(["zebra", "Ärger", "ape"])[y])
keras("byte-words.npz", label=lambda y: np.array([b"b", b"a", b"c"])[y])
keras("numbers-as-words.npz", label=lambda y: y.astype(str))
keras("colours.npz", lambda x: np.stack([x, x[:, ::-1], x[:, :, ::-1]], -1))
keras("colours-first.npz", lambda x: np.stack([x, x[:, ::-1], x[:, :, ::-1]], 1))
keras("one-hot.npz", label=lambda y: np.eye(3, dtype=np.uint8)[y])
keras("from-one.npz", label=lambda y: y + 1)
keras("normalised.npz", lambda x: (x / 255 - 0.5) / 0.5)
keras("nan.npz", lambda x: np.where(x == 255, np.nan, x))
keras("beyond.npz", lambda x: x.astype("int32") * 3)
keras("objects.npz", label=lambda y: np.array([int(one) for one in y], dtype=object))
keras("flat.npz", lambda x: x.reshape(len(x), -1))
keras("matlab.npz", lambda x: np.moveaxis(x, 0, -1))
keras("matlab-colours.npz", lambda x: np.moveaxis(np.stack([x] * 3, -1), 0, -1))
keras("bool.npz", lambda x: x > 127)
keras("undivided.npz", splits=("train",))
np.savez(f"{folder}/places.npz", *parts["train"])
np.savez(f"{folder}/unnamed.npz", a=parts["train"][0], b=parts["train"][1])

medmnist = {}
for name, (x, y) in parts.items():
    medmnist[f"{name}_images"], medmnist[f"{name}_labels"] = x, y[:, None]
np.savez_compressed(f"{folder}/medmnist.npz", **medmnist)

# scikit-learn's digits, as load_digits() gives them, in numbers from 0 to 16
sixteen = {"images": np.floor(parts["train"][0] / 15.9), "target": parts["train"][1].astype("int64")}
np.savez(f"{folder}/digits.npz", data=sixteen["images"].reshape(12, -1), **sixteen)

for place in ["kmnist", "both", "single", "numbers"]:
    os.mkdir(f"{folder}/{place}")
for name in ["train", "test"]:
    x, y = parts[name]
    for place, prefix in [("kmnist", "kmnist"), ("both", "kmnist"), ("both", "k49")]:
        np.savez_compressed(f"{folder}/{place}/{prefix}-{name}-imgs.npz", x)
        np.savez_compressed(f"{folder}/{place}/{prefix}-{name}-labels.npz", y)
    np.save(f"{folder}/single/X_{name}.npy", np.asfortranarray(x))
    np.save(f"{folder}/single/y_{name}.npy", y.astype(">i4"))
    np.savez(f"{folder}/numbers/{name}.npz", images=x, labels=y)
