"""What TensorBoard's own readers make of the event files in a folder, as JSON: every event of every file by the loader that
TensorBoard itself uses, and the curves of the accumulator that notebooks use."""

import glob
import json
import os
import sys

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.backend.event_processing.event_file_loader import EventFileLoader

folder = sys.argv[1]
counts = {}
for path in sorted(glob.glob(os.path.join(folder, "*tfevents*"))):
    counts[os.path.basename(path)] = sum(1 for _ in EventFileLoader(path).Load())
accumulator = EventAccumulator(folder, size_guidance={"scalars": 0, "images": 0, "tensors": 0})
accumulator.Reload()
tags = accumulator.Tags()
scalars = {tag: [[e.step, e.value] for e in accumulator.Scalars(tag)] for tag in tags["scalars"]}
images = {tag: [[e.step, e.width, e.height] for e in accumulator.Images(tag)] for tag in tags["images"]}
print(json.dumps({"counts": counts, "scalars": scalars, "images": images, "tensors": tags["tensors"]}))
