# What both peers are told and given, and how they answer: arguments, MNIST's bytes, the order of samples, the learning rate
# of each step; one line of JSON for each stretch of steps. It knows no framework.

import argparse
import json
import math
from pathlib import Path

import numpy

TRAINING = 55_000  # as many as Lockstep trains on beside its validation split
WARM_EVALUATIONS = 9


def arguments(about):
    """The flags that every peer takes. `about`: its first words of help."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--data", type=Path, required=True, help="folder of the four raw IDX files")
    parser.add_argument("--batch", type=int, default=128, help="samples in a global batch")
    parser.add_argument("--hidden", type=widths, default=[128, 64], help="widths of the hidden layers")
    parser.add_argument("--augment", choices=["batched", "none"], default="batched")
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--samples", type=int, default=TRAINING, help="train on the first so many")
    parser.add_argument("--lr", type=float, default=1e-3)
    parser.add_argument("--schedule", choices=["constant", "onecycle"], default="constant")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--processes", type=int, default=1, help="PyTorch alone: DistributedDataParallel over gloo")
    parser.add_argument("--until", type=float, default=None, help="test after each stretch; end at this accuracy")
    parser.add_argument("--every", type=int, default=None, help="steps of a stretch; an epoch if not given")
    return parser


def widths(text):
    return [int(width) for width in text.split(",")]


def read_mnist(folder):
    """Training and test images (uint8, n x 28 x 28) and labels (int32)."""
    halves = []
    for half in ("train", "t10k"):
        pixels = numpy.fromfile(folder / f"{half}-images-idx3-ubyte", numpy.uint8)[16:]
        labels = numpy.fromfile(folder / f"{half}-labels-idx1-ubyte", numpy.uint8)[8:]
        halves += [pixels.reshape(-1, 28, 28), labels.astype(numpy.int32)]
    return halves


def stretches(told):
    """Of the whole run: sample numbers (steps x batch) and learning rates (steps), stretch by stretch of equal length."""
    in_epoch = told.samples // told.batch
    random = numpy.random.default_rng(told.seed)
    every = told.every or in_epoch
    rates = learning_rates(told, in_epoch * told.epochs)
    numbers = numpy.empty((0, told.batch), numpy.int32)
    done = 0
    for _ in range(told.epochs):
        order = random.permutation(told.samples)[: in_epoch * told.batch].astype(numpy.int32)
        numbers = numpy.concatenate([numbers, order.reshape(in_epoch, told.batch)])
        while len(numbers) >= every:
            yield numbers[:every], rates[done : done + every]
            numbers = numbers[every:]
            done += every


def learning_rates(told, steps):
    """One-cycle as torch.optim.lr_scheduler.OneCycleLR has it: half a cosine up in 0.3 of the steps, half a cosine down."""
    if told.schedule == "constant":
        return numpy.full(steps, told.lr, numpy.float32)
    top = max(1.0, 0.3 * steps) - 1
    first, last = told.lr / 25, told.lr / 25e4
    step = numpy.arange(steps)
    rise = told.lr + (first - told.lr) * (1 + numpy.cos(math.pi * numpy.minimum(1, step / max(top, 1e-9)))) / 2
    fall = last + (told.lr - last) * (1 + numpy.cos(math.pi * (step - top) / max(1, steps - 1 - top))) / 2
    return numpy.where(step <= top, rise, fall).astype(numpy.float32)


def bound(inputs):
    """torch.nn.Linear draws weights and biases uniformly within it."""
    return 1 / math.sqrt(inputs)


def tell(**figures):
    print(json.dumps(figures), flush=True)
