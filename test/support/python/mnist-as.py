"""MNIST's IDX files (a folder) as Keras' archive, as Kaggle's tables and as KMNIST's pairs, in the folder that is named second."""

import gzip
import os
import sys

import numpy as np

source, target = sys.argv[1:]


def idx(name, header):
    path = os.path.join(source, name)
    opened = open(path, "rb") if os.path.exists(path) else gzip.open(path + ".gz")
    return np.frombuffer(opened.read(), np.uint8, offset=header)


def table(name, x, y):
    header = "label," + ",".join(f"pixel{i}" for i in range(784))
    words = np.array([str(i) for i in range(256)], dtype=object)
    with open(os.path.join(target, name), "w") as file:
        file.write(header + "\n")
        for image, label in zip(x.reshape(-1, 784), y):
            file.write(f"{label}," + ",".join(words[image]) + "\n")


arrays = {}
for split, name in [("train", "train"), ("test", "t10k")]:
    arrays[f"x_{split}"] = idx(f"{name}-images-idx3-ubyte", 16).reshape(-1, 28, 28)
    arrays[f"y_{split}"] = idx(f"{name}-labels-idx1-ubyte", 8)
np.savez_compressed(os.path.join(target, "mnist.npz"), **arrays)
np.savez(os.path.join(target, "fractions.npz"), **{k: v / np.float32(255) if k[0] == "x" else v for k, v in arrays.items()})
os.mkdir(os.path.join(target, "csv"))
for split in ["train", "test"]:
    table(f"csv/{split}.csv", arrays[f"x_{split}"], arrays[f"y_{split}"])
