# Parquet files of pictures as their users write them, by pyarrow and by datasets. Usage: parquet-files.py FOLDER
# Each picture is one of 3 x 3 pixels of the brightness 10 * row, with the label row % 3.

import io
import os
import sys

import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

folder = sys.argv[1]


def png(value, size=3):
    file = io.BytesIO()
    Image.new("L", (size, size), value).save(file, "PNG")
    return file.getvalue()


def images(count, bare=False):
    return [png(10 * row) if bare else {"bytes": png(10 * row), "path": f"{row}.png"} for row in range(count)]


def write(name, columns, **how):
    path = os.path.join(folder, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    table = columns if isinstance(columns, pa.Table) else pa.table(columns)
    pq.write_table(table, path, **how)


rows = 12
labels = [row % 3 for row in range(rows)]
table = {"image": images(rows), "label": labels}
write("snappy/a.parquet", table)
write("plain/a.parquet", table, compression="none", use_dictionary=False)
write("groups/a.parquet", table, row_group_size=5)
write("small-pages/a.parquet", table, data_page_size=64, write_batch_size=1)
write("pages-v2/a.parquet", table, data_page_version="2.0")
write("int8/a.parquet", {"image": images(rows), "label": pa.array(labels, pa.int8())})
write("not-null/a.parquet", pa.Table.from_arrays([pa.array(images(rows, True)), pa.array(labels)], schema=pa.schema([pa.field("img", pa.binary(), False), pa.field("label", pa.int64(), False)])))
write("texts/a.parquet", {"image": images(rows), "label": [["b", "c", "A"][label] for label in labels]})
write("one-label/a.parquet", {"image": images(rows), "label": [0] * rows})
write("gzip/a.parquet", table, compression="gzip")
write("gzip-v2/a.parquet", table, compression="gzip", data_page_version="2.0")
write("codec-zstd/a.parquet", table, compression="zstd")
write("encoding/a.parquet", table, use_dictionary=False, column_encoding={"label": "DELTA_BINARY_PACKED"})
write("missing-label/a.parquet", {"image": images(rows), "label": [None, *labels[1:]]})
write("missing-image/a.parquet", {"image": [*images(rows - 1), None], "label": labels})
write("hidden-labels/a.parquet", {"image": images(rows), "label": [-1] * rows})
write("two-sizes/a.parquet", {"image": [*images(rows - 1), {"bytes": png(7, 4), "path": None}], "label": labels})
write("no-picture/a.parquet", {"image": [*images(rows - 1), {"bytes": b"hello", "path": None}], "label": labels})
write("no-label/a.parquet", {"image": images(rows), "text": ["x"] * rows})
write("lists/a.parquet", {"image": images(rows), "label": [[label] for label in labels]})
write("parts/data/train-00000-of-00002.parquet", {"image": images(rows)[:6], "label": labels[:6]})
write("parts/data/train-00001-of-00002.parquet", {"image": images(rows)[6:], "label": labels[6:]})
write("parts/data/validation-00000-of-00001.parquet", {"image": images(2), "label": labels[:2]})
write("parts/data/test-00000-of-00001.parquet", {"image": images(3), "label": labels[:3]})
write("folders/train/0000.parquet", table)
write("folders/test/0000.parquet", {"image": images(3), "label": labels[:3]})

from datasets import ClassLabel, Dataset, Features, Value
from datasets import Image as ImageFeature

os.makedirs(os.path.join(folder, "named"))
features = Features({"image": ImageFeature(), "label": ClassLabel(names=["cat", "dog", "<b>&\n'\""])})
Dataset.from_dict({"image": images(rows), "label": labels}, features=features).to_parquet(os.path.join(folder, "named/train-00000-of-00001.parquet"))
os.makedirs(os.path.join(folder, "two-labels"))
features = Features({"img": ImageFeature(), "fine_label": ClassLabel(names=["a", "b", "c"]), "coarse_label": ClassLabel(names=["x", "y", "z"]), "id": Value("int64")})
Dataset.from_dict({"img": images(rows), "fine_label": labels, "coarse_label": labels[::-1], "id": labels}, features=features).to_parquet(os.path.join(folder, "two-labels/train-00000-of-00001.parquet"))
