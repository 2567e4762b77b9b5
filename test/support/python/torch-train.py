# Trains the same perceptron in PyTorch, from the same file of weights, on the same batches in the same order:
#   torch-train.py WEIGHTS IMAGES LABELS PIXELS BATCH MEAN STD LR STEPS OUT
# IMAGES and LABELS are bytes, in the order of training, STEPS batches or less. Prints the mean loss of each step as JSON, and
# writes the weights after the last one to OUT, a safetensors file.
import json
import sys
import numpy
import torch
from safetensors.torch import load_file, save_file

weights, images, labels, pixels, batch, mean, std, lr, steps, out = sys.argv[1:]
pixels, batch, steps = int(pixels), int(batch), int(steps)
# more would spin for each other where a machine is busy
torch.set_num_threads(1)
tensors = load_file(weights)
names = sorted({name.rsplit(".", 1)[0] for name in tensors}, key=lambda name: int("".join(filter(str.isdigit, name))))
layers = torch.nn.ModuleDict()
for name in names:
    outputs, inputs = tensors[f"{name}.weight"].shape
    layers[name] = torch.nn.Linear(inputs, outputs)
layers.load_state_dict(tensors)
x = torch.from_numpy(numpy.fromfile(images, dtype=numpy.uint8)).reshape(-1, pixels)
y = torch.from_numpy(numpy.fromfile(labels, dtype=numpy.uint8)).long()
optimizer = torch.optim.Adam(layers.parameters(), lr=float(lr))
losses = []
for step in range(steps):
    part = slice(step * batch, (step + 1) * batch)
    values = (x[part].float() / 255 - float(mean)) / float(std)
    for name in names:
        values = layers[name](values)
        if name != names[-1]:
            values = torch.relu(values)
    loss = torch.nn.functional.cross_entropy(values, y[part])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    losses.append(loss.item())
save_file({name: tensor.contiguous() for name, tensor in layers.state_dict().items()}, out)
print(json.dumps(losses))
