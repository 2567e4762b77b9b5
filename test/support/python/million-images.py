"""So many images of 28x28, MNIST's again and again, in each form that is measured, into a folder (npm run bench:data)."""

import io
import os
import sys

import numpy as np
import pyarrow
import pyarrow.parquet
from PIL import Image

source, target, count = sys.argv[1], sys.argv[2], int(sys.argv[3])


def idx(name, header):
    return np.fromfile(os.path.join(source, name), np.uint8)[header:]


x, y = idx("train-images-idx3-ubyte", 16).reshape(-1, 28, 28), idx("train-labels-idx1-ubyte", 8)
numbers = np.arange(count) % len(x)
images, labels = x[numbers], y[numbers]


def write_idx(folder):
    os.makedirs(folder, exist_ok=True)
    for name, some, of in [("train", images, labels), ("t10k", x[:1000], y[:1000])]:
        with open(f"{folder}/{name}-images-idx3-ubyte", "wb") as file:
            file.write(bytes([0, 0, 8, 3]) + np.array(some.shape, ">u4").tobytes())
            some.tofile(file)
        with open(f"{folder}/{name}-labels-idx1-ubyte", "wb") as file:
            file.write(bytes([0, 0, 8, 1]) + np.array(of.shape, ">u4").tobytes())
            of.tofile(file)


write_idx(f"{target}/idx")
test = {"x_test": x[:1000], "y_test": y[:1000]}
np.savez(f"{target}/stored.npz", x_train=images, y_train=labels, **test)
np.savez_compressed(f"{target}/packed.npz", x_train=images, y_train=labels, **test)
np.savez(f"{target}/fortran.npz", x_train=np.asfortranarray(images), y_train=labels, **test)
np.savez(f"{target}/fractions.npz", x_train=images / np.float32(255), y_train=labels, **{**test, "x_test": x[:1000] / np.float32(255)})
words = np.array([str(i) for i in range(256)], dtype=object)
rows = [f"{label}," + ",".join(words[image.reshape(-1)]) + "\n" for image, label in zip(x, y)]
os.makedirs(f"{target}/csv", exist_ok=True)
for name, many in [("train", count), ("test", 1000)]:
    with open(f"{target}/csv/{name}.csv", "w") as file:
        file.write("label," + ",".join(f"pixel{i}" for i in range(784)) + "\n")
        for first in range(0, many, len(rows)):
            file.writelines(rows[: many - first])


def png(image):
    file = io.BytesIO()
    Image.fromarray(image).save(file, "PNG")
    return file.getvalue()


# as many as a fifth of the others: a file each
pngs = [png(image) for image in x[: min(len(x), count)]]
some = count // 5
os.makedirs(f"{target}/parquet", exist_ok=True)
for name, many in [("train", some), ("test", 1000)]:
    column = pyarrow.array([{"bytes": pngs[i % len(pngs)], "path": None} for i in range(many)])
    table = pyarrow.table({"image": column, "label": pyarrow.array(np.resize(y, many).astype("int64"))})
    pyarrow.parquet.write_table(table, f"{target}/parquet/{name}-00000-of-00001.parquet")
    for digit in range(10):
        os.makedirs(f"{target}/pictures/{name}/{digit}", exist_ok=True)
    for i in range(many):
        with open(f"{target}/pictures/{name}/{y[i % len(pngs)]}/{i:07}.png", "wb") as file:
            file.write(pngs[i % len(pngs)])
