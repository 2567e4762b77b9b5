# Checks an ONNX file with the onnx package and runs its graph with numpy, an operator at a time:
#   run-onnx.py MODEL IMAGES ROWS COLUMNS OUT
# IMAGES are bytes, one image after the other; OUT gets the probabilities as little-endian float32.
import sys
import numpy
import onnx
import onnx.numpy_helper

model_path, images_path, rows, columns, out = sys.argv[1:]
model = onnx.load(model_path)
onnx.checker.check_model(model, full_check=True)
values = {t.name: onnx.numpy_helper.to_array(t) for t in model.graph.initializer}
pixels = numpy.fromfile(images_path, dtype=numpy.uint8).astype(numpy.float32)
values[model.graph.input[0].name] = pixels.reshape(-1, int(rows), int(columns))


def softmax(x):
    e = numpy.exp(x - x.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


operators = {
    "Flatten": lambda a, x: x.reshape(x.shape[0], -1),
    "Mul": lambda a, x, y: x * y,
    "Sub": lambda a, x, y: x - y,
    "Gemm": lambda a, x, w, b: x @ (w.T if a["transB"] else w) + b,
    "Relu": lambda a, x: numpy.maximum(x, 0),
    "Softmax": lambda a, x: softmax(x),
}
for node in model.graph.node:
    attributes = {a.name: a.i for a in node.attribute}
    values[node.output[0]] = operators[node.op_type](attributes, *[values[name] for name in node.input])
values["probabilities"].astype("<f4").tofile(out)
