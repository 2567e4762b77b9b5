// A model as a module of PyTorch: the text of a .py that defines the network and loads its weights from the safetensors file
// beside it. It takes raw pixels; normalisation is part of the module.

import { pythonJson } from '../text/quoted.ts';
import { classesOf, type Described } from './described.ts';

/** The file of the weights, beside the module. */
export const weightsFile = 'model.safetensors';

export function pytorchModule(described: Described): string {
  const { model, digest } = described;
  const { rows, columns, widths, form, normalization, layout } = model;
  const ground = form.lightGround ? 'light (255)' : 'black (0)';
  const layers = layout.layers.map(({ name, inputs, outputs }) => `self.${name} = nn.Linear(${inputs}, ${outputs})`);
  return `"""An image classifier that lockstep trained, for PyTorch. It needs torch and safetensors.

    from model import load
    probabilities = load()(pixels).softmax(1)

\`pixels\`: images of ${rows}x${columns}, 0 to 255, on a ${ground} ground, as one tensor of (images, ${rows}, ${columns}).
\`python model.py PICTURE...\` says what pictures of just that size and ground show, and takes them as they are; it needs
Pillow besides. Any other picture is brought into that form by \`lockstep predict\`.

SHA-256 of the weights (float32, little-endian, in the order of the layers): ${digest}
"""

import json
import sys
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import nn

ROWS, COLUMNS = ${rows}, ${columns}
MEAN, STD = ${normalization.mean}, ${normalization.std}
CLASSES = ${pythonJson(classesOf(described))}


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        ${layers.join('\n        ')}

    def forward(self, pixels):
        """The logits of images whose pixels are 0 to 255."""
        values = (pixels.flatten(1).to(self.fc1.weight.dtype) / 255 - MEAN) / STD
${forwardLines(widths.length - 1)}


def load(path=Path(__file__).with_name("${weightsFile}")):
    """The model with its weights, ready to be asked."""
    model = Model()
    model.load_state_dict(load_file(path))
    return model.eval()


def main(paths):
    from PIL import Image

    model = load()
    for path in paths:
        with Image.open(path) as image:
            grey = image.convert("L")
        if grey.size != (COLUMNS, ROWS):
            sys.exit(f"{path} has {grey.width}x{grey.height} pixels, and {COLUMNS}x{ROWS} are needed: lockstep predict takes any")
        pixels = torch.tensor(list(grey.tobytes()), dtype=torch.uint8).reshape(1, ROWS, COLUMNS)
        with torch.inference_mode():
            best = model(pixels).softmax(1)[0].max(0)
        # JSON: whatever a class is called, it stays on its line
        print(f"{json.dumps(path)}: {json.dumps(CLASSES[int(best.indices)])} {best.values:.4f}")


if __name__ == "__main__":
    main(sys.argv[1:])
`;
}

function forwardLines(layers: number): string {
  const lines = Array.from({ length: layers }, (_, l) =>
    l + 1 < layers ? `values = torch.relu(self.fc${l + 1}(values))` : `return self.fc${l + 1}(values)`,
  );
  return lines.map((line) => `        ${line}`).join('\n');
}
