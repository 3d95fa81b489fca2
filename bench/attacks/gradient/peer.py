#!/usr/bin/env python3
"""What bench_gradient does, done by PyTorch: the peer that bench/attacks/gradient/run.py compares with.

    python3 peer.py --model-file MODEL --net lenet5-dlg --attack idlg --mnist DIR --images 20 ...

The same images, weights (out of privet's model file), objective, starts and stopping rule; autograd
for both derivatives and torch.optim.LBFGS, one thread. Prints one JSON object.
"""
import argparse
import gzip
import json
import math
import struct
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn


class Dlg(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 12, 5, 2, 2)
        self.conv2 = nn.Conv2d(12, 12, 5, 2, 2)
        self.conv3 = nn.Conv2d(12, 12, 5, 1, 2)
        self.dense1 = nn.Linear(588, 10)

    def forward(self, x):
        for conv in (self.conv1, self.conv2, self.conv3):
            x = torch.sigmoid(conv(x))
        return self.dense1(x.flatten(1))


class LeNet5Sigmoid(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, 6, 5), nn.Conv2d(6, 16, 5)
        self.dense1, self.dense2, self.dense3 = nn.Linear(256, 120), nn.Linear(120, 84), nn.Linear(84, 10)

    def forward(self, x):
        x = torch.sigmoid(F.avg_pool2d(self.conv1(x), 2))
        x = torch.sigmoid(F.avg_pool2d(self.conv2(x), 2)).flatten(1)
        return self.dense3(torch.sigmoid(self.dense2(torch.sigmoid(self.dense1(x)))))


# the first dense layer after a convolution: height and width of what is flattened
NETS = {"lenet5-dlg": (Dlg, (7, 7)), "lenet5-sigmoid": (LeNet5Sigmoid, (4, 4))}


def read_tensors(path):
    data = Path(path).read_bytes()
    (size,) = struct.unpack("<Q", data[:8])
    header, body = json.loads(data[8:8 + size]), data[8 + size:]
    tensors = {}
    for name, t in header.items():
        if name != "__metadata__" and t["dtype"] == "F32":
            begin, end = t["data_offsets"]
            tensors[name] = np.frombuffer(body[begin:end], "<f4").reshape(t["shape"])
    return tensors


def load_net(name, path):
    make, (height, width) = NETS[name]
    net, tensors = make(), read_tensors(path)
    with torch.no_grad():
        for key, own in net.named_parameters():
            w = torch.from_numpy(tensors[key].copy())
            if w.dim() == 4:  # OHWI
                w = w.permute(0, 3, 1, 2)
            elif key == "dense1.weight":  # columns in the order of height, width, channel
                w = w.reshape(len(w), height, width, -1).permute(0, 3, 1, 2).reshape(len(w), -1)
            own.copy_(w)
    return net, float(tensors["norm.mean"][0]), float(tensors["norm.inverse_std"][0])


def read_mnist(folder, count):
    with gzip.open(Path(folder) / "t10k-images-idx3-ubyte.gz") as f:
        images = np.frombuffer(f.read(16 + 784 * count)[16:], np.uint8).reshape(-1, 1, 28, 28)
    with gzip.open(Path(folder) / "t10k-labels-idx1-ubyte.gz") as f:
        labels = np.frombuffer(f.read(8 + count)[8:], np.uint8)
    return torch.from_numpy(images / np.float32(255)), torch.from_numpy(labels.astype(np.int64))


def make_objective(kind, given):
    if kind == "cosine":
        norm = sum((g * g).sum() for g in given).sqrt()
        unit = [g / norm for g in given]

        def distance(own):
            factor = sum((a * a).sum() for a in own).rsqrt()
            return sum(((a * factor - b) ** 2).sum() for a, b in zip(own, unit)) / 2

        return distance
    if kind == "l2":
        square = sum((g * g).sum() for g in given)
        return lambda own: sum(((a - b) ** 2).sum() for a, b in zip(own, given)) / square
    squares = [(g * g).sum() for g in given]
    return lambda own: sum(((a - b) ** 2).sum() / s for a, b, s in zip(own, given, squares)) / len(given)


class Search:
    """One start; keeps the best point it evaluated."""

    def __init__(self, net, objective, label, a):
        self.net, self.objective, self.label, self.a = net, objective, label, a
        self.weights = list(net.parameters())
        self.best, self.loss, self.evaluations = None, math.inf, 0

    def run(self, x, logits):
        variables = [x] if self.label is not None else [x, logits]
        gain = 1e6  # as pv_search has it
        optimiser = torch.optim.LBFGS(
            variables, lr=1, max_iter=20, history_size=100,
            line_search_fn="strong_wolfe" if self.a.line_search == "wolfe" else None)

        def closure():
            optimiser.zero_grad()
            prediction = self.net(x)
            if self.label is None:
                loss = -(F.softmax(logits, 1) * F.log_softmax(prediction, 1)).sum()
            else:
                loss = F.cross_entropy(prediction, self.label)
            own = torch.autograd.grad(loss, self.weights, create_graph=True)
            value = self.objective(own)
            (gain * value).backward(inputs=variables)
            self.evaluations += 1
            now = value.item()
            if now < self.loss:
                self.loss, self.best = now, [v.detach().clone() for v in variables]
            return gain * value

        before = None
        for _ in range(self.a.steps):
            if self.loss <= self.a.stop:
                break
            optimiser.step(closure)
            # it says nothing when it has converged: then a step is one evaluation and moves nothing
            if not math.isfinite(self.loss) or self.evaluations == (before or 0) + 1:
                break
            before = self.evaluations


def attack(net, image, label, mean, inverse_std, a, generator):
    x_true = (image - mean) * inverse_std
    weights = list(net.parameters())
    given = torch.autograd.grad(F.cross_entropy(net(x_true), label), weights)
    given = [g.detach() for g in given]
    start = time.perf_counter()
    restored = None if a.attack == "dlg" else given[-1].argmin().reshape(1)
    objective = make_objective(a.objective, given)
    best = None
    evaluations = 0
    for k in range(a.restarts):
        zero = a.init == "zero" and k == 0
        x = torch.zeros_like(image) if zero else torch.randn(image.shape, generator=generator)
        logits = torch.randn((1, 10), generator=generator)
        s = Search(net, objective, restored, a)
        s.run(x.requires_grad_(), logits.requires_grad_())
        evaluations += s.evaluations
        if best is None or s.loss < best.loss:
            best = s
        if best.loss <= a.stop:
            break
    seconds = time.perf_counter() - start
    guess = (best.best[0] / inverse_std + mean).clamp(0, 1)
    found = restored if restored is not None else best.best[1].argmax(1)
    return ((guess - image) ** 2).mean().item(), found.item() == label.item(), evaluations, seconds


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--net", required=True, choices=NETS)
    parser.add_argument("--model-file", required=True)
    parser.add_argument("--mnist", required=True)
    parser.add_argument("--attack", default="idlg", choices=("dlg", "idlg"))
    parser.add_argument("--images", type=int, default=10)
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--restarts", type=int, default=1)
    parser.add_argument("--objective", default="cosine", choices=("l2", "layers", "cosine"))
    parser.add_argument("--line-search", default="wolfe", choices=("none", "wolfe"))
    parser.add_argument("--init", default="zero", choices=("zero", "normal"))
    parser.add_argument("--stop", type=float, help="1e-12 for idlg, 1e-10 for dlg")
    a = parser.parse_args()
    if a.stop is None:
        a.stop = 1e-12 if a.attack == "idlg" else 1e-10
    torch.set_num_threads(1)
    generator = torch.Generator().manual_seed(1)
    net, mean, inverse_std = load_net(a.net, a.model_file)
    images, labels = read_mnist(a.mnist, a.images)
    errors, right, evaluations, seconds = [], 0, 0, 0.0
    for i in range(a.images):
        error, same, n, s = attack(net, images[i:i + 1], labels[i:i + 1], mean, inverse_std, a, generator)
        errors.append(error)
        right += same
        evaluations += n
        seconds += s
    print(json.dumps({
        "version": torch.__version__, "images": a.images,
        "below_1e-3": sum(e < 1e-3 for e in errors), "below_2e-3": sum(e < 2e-3 for e in errors),
        "labels": right, "evaluations_per_target": evaluations / a.images,
        "seconds_per_image": seconds / a.images,
    }))


if __name__ == "__main__":
    main()
