# PyTorch as a peer: the same network, Adam and augmentation, a batch at a time (affine_grid and grid_sample); in one process of
# --threads threads, or by DistributedDataParallel over gloo in --processes processes that share them. `pip install torch numpy`
# (the CPU build), then
#   python pytorch_peer.py --data FOLDER [--processes 2] [--batch N] [--hidden N,N] [--augment batched|none] [--epochs N]
# It prints a line of JSON for each stretch of steps.

import math
import os
import tempfile
import time

import numpy

import recipe

told = recipe.arguments("MNIST by PyTorch").parse_args()
rank = 0
if told.processes > 1:
    # before torch is imported, which has threads of its own
    meeting = tempfile.mktemp(prefix="pytorch-peer-")
    for other in range(1, told.processes):
        if os.fork() == 0:
            rank = other
            break

import torch
from torch import nn
from torch.nn import functional

torch.set_num_threads(max(1, told.threads // told.processes))
if told.processes > 1:
    torch.distributed.init_process_group("gloo", init_method=f"file://{meeting}", rank=rank, world_size=told.processes)

train_images, train_labels, test_images, test_labels = (torch.from_numpy(part) for part in recipe.read_mnist(told.data))
labels = train_labels.long()
test_labels = test_labels.long()
test_pixels = test_images.float().div_(127.5).sub_(1)

torch.manual_seed(told.seed)  # the same parameters in every process
sizes = [784, *told.hidden, 10]
layers = [nn.Flatten()]
for inputs, outputs in zip(sizes, sizes[1:]):
    layers += [nn.Linear(inputs, outputs), nn.ReLU()]
network = nn.Sequential(*layers[:-1])
model = nn.parallel.DistributedDataParallel(network) if told.processes > 1 else network
optimizer = torch.optim.Adam(model.parameters(), lr=told.lr)
torch.manual_seed(told.seed * told.processes + rank)  # and other angles
share = told.batch // told.processes


def turned_and_cropped(pixels):
    """Each image turned by up to 10 degrees about its centre (nearest pixel) and moved by up to 2 pixels either way."""
    count = len(pixels)
    angles = (torch.rand(count) * 20 - 10) * (math.pi / 180)
    shifts = (torch.randint(0, 5, (count, 2)) - 2) / 14
    cosine, sine = angles.cos(), angles.sin()
    rows = [torch.stack([cosine, -sine, shifts[:, 0]], 1), torch.stack([sine, cosine, shifts[:, 1]], 1)]
    grid = functional.affine_grid(torch.stack(rows, 1), (count, 1, 28, 28), align_corners=False)
    return functional.grid_sample(pixels[:, None], grid, mode="nearest", align_corners=False)


def trained(numbers, rates):
    """Mean loss and hits of this process's share of the stretch."""
    loss_sum, hits = torch.zeros(()), torch.zeros((), dtype=torch.int64)
    for batch, rate in zip(torch.from_numpy(numbers).long(), rates.tolist()):
        own = batch[rank * share : (rank + 1) * share]
        pixels = train_images[own].float().div_(255)
        if told.augment == "batched":
            pixels = turned_and_cropped(pixels)
        wanted = labels[own]
        optimizer.param_groups[0]["lr"] = rate
        optimizer.zero_grad()
        logits = model(pixels.sub_(0.5).div_(0.5))
        loss = functional.cross_entropy(logits, wanted)
        loss.backward()
        optimizer.step()
        with torch.inference_mode():
            loss_sum += loss
            hits += (logits.argmax(1) == wanted).sum()
    return float(loss_sum) / len(numbers), int(hits)


def tested():
    with torch.inference_mode():
        return int((network(test_pixels).argmax(1) == test_labels).sum()) / len(test_labels)


def all_are_told(ends):
    """Whether process 0 ends here."""
    if told.processes == 1:
        return ends
    word = torch.tensor([int(ends)])
    torch.distributed.broadcast(word, 0)
    return bool(word)


steps = 0
for numbers, rates in recipe.stretches(told):
    began = time.perf_counter()
    loss, hits = trained(numbers, rates)
    seconds = time.perf_counter() - began
    steps += len(numbers)
    samples = numbers.size // told.batch * share * told.processes
    figures = dict(
        steps=steps,
        samplesPerSecond=samples / seconds,
        loss=loss,
        accuracy=hits / (len(numbers) * share),
    )
    test = None
    if told.until is not None and rank == 0:
        test = tested()
        figures["test"] = test
    if rank == 0:
        recipe.tell(**figures)
    if told.until is not None and all_are_told(rank == 0 and test >= told.until):
        break

if told.processes > 1:
    torch.distributed.barrier()
    torch.distributed.destroy_process_group()
    if rank == 0:
        for _ in range(1, told.processes):
            os.wait()
if rank == 0 and told.until is None and told.processes == 1:
    durations = []
    for _ in range(1 + recipe.WARM_EVALUATIONS):
        began = time.perf_counter()
        tested()
        durations.append(time.perf_counter() - began)
    recipe.tell(evaluatedPerSecond=len(test_labels) / float(numpy.median(durations[1:])))
