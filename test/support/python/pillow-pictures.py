# Pictures of every mode as Pillow writes them, and what Pillow makes of them: grey, and in other sizes. One JSON object.
# Usage: pillow-pictures.py

import base64
import io
import json

import numpy as np
from PIL import Image

random = np.random.default_rng(7)


def written(image, form, **how):
    file = io.BytesIO()
    image.save(file, form, **how)
    return base64.b64encode(file.getvalue()).decode()


def grey_of(image):
    return base64.b64encode(image.convert("L").tobytes()).decode()


def picture(name, image, form="PNG", **how):
    return {"name": name, "file": written(image, form, **how), "grey": grey_of(Image.open(io.BytesIO(base64.b64decode(written(image, form, **how))))), "rows": image.height, "columns": image.width}


# smooth enough that JPEG keeps it
y, x = np.mgrid[0:37, 0:45]
smooth = (127 + 100 * np.sin(x / 6) * np.cos(y / 9)).astype(np.uint8)
noise = random.integers(0, 256, (37, 45, 3), dtype=np.uint8)
grey = Image.fromarray(noise[:, :, 0])
colours = Image.fromarray(noise)

pictures = [
    picture("L", grey),
    picture("1", grey.convert("1")),
    picture("P", colours.quantize(200)),
    picture("P of 4 bits", colours.quantize(16)),
    picture("RGB", colours),
    picture("JPEG L", Image.fromarray(smooth), "JPEG", quality=90),
    picture("JPEG progressive", Image.fromarray(smooth), "JPEG", quality=90, progressive=True),
    picture("JPEG RGB", Image.fromarray(np.stack([smooth, smooth[::-1], smooth[:, ::-1]], 2)), "JPEG", quality=95),
]

sizes = [(28, 28), (37, 28), (28, 45), (8, 9), (1, 1), (64, 64), (37, 101), (200, 3), (36, 44)]
resized = [
    {"rows": rows, "columns": columns, "grey": base64.b64encode(grey.resize((columns, rows), Image.BILINEAR).tobytes()).decode()}
    for rows, columns in sizes
]
print(json.dumps({"pictures": pictures, "resized": resized}))
