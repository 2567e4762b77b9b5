# The IDX files in FOLDER/idx as PNGs in FOLDER/pictures, a folder a class, and as Parquet in FOLDER/parquet.
# Usage: idx-as-pictures.py FOLDER

import io
import os
import sys

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

folder = sys.argv[1]
os.makedirs(f"{folder}/parquet")
for part, prefix in (("train", "train"), ("test", "t10k")):
    images = np.fromfile(f"{folder}/idx/{prefix}-images-idx3-ubyte", np.uint8)[16:].reshape(-1, 28, 28)
    labels = np.fromfile(f"{folder}/idx/{prefix}-labels-idx1-ubyte", np.uint8)[8:]
    rows = []
    for number, (image, label) in enumerate(zip(images, labels)):
        file = io.BytesIO()
        Image.fromarray(image).save(file, "PNG")
        os.makedirs(f"{folder}/pictures/{part}/{label}", exist_ok=True)
        with open(f"{folder}/pictures/{part}/{label}/{number:05d}.png", "wb") as png:
            png.write(file.getvalue())
        rows.append({"bytes": file.getvalue(), "path": None})
    pq.write_table(pa.table({"image": rows, "label": labels.astype(np.int64)}), f"{folder}/parquet/{part}-00000-of-00001.parquet")
