#!/usr/bin/env python3
"""One step of `privet bench engine`, done by PyTorch: the peer that bench/engine/run.py compares with.

    python3 peer.py --case lenet5-b64-train --layout channels_last --threads 2 --seconds 0.3 --rounds 3

Prints one JSON object: the median over the rounds of the mean time of a step, in milliseconds, the
peak memory of the process, and PyTorch's version. Of the ways PyTorch has to apply SGD (plain,
foreach, fused) the fastest in a short trial is the one that is measured. Eager mode: no compiler is
needed, and models are traced anew at every step, as everybody's training loop does it.
"""
import argparse
import json
import resource
import statistics
import time

import torch
import torch.nn.functional as F
from torch import nn


class LeNet5(nn.Module):
    """The zoo's lenet5 and lenet5-sigmoid: mean pooling before the activation, no padding."""

    def __init__(self, activation):
        super().__init__()
        self.activation = activation
        self.conv1, self.conv2 = nn.Conv2d(1, 6, 5), nn.Conv2d(6, 16, 5)
        self.dense1, self.dense2 = nn.Linear(16 * 4 * 4, 120), nn.Linear(120, 84)
        self.dense3 = nn.Linear(84, 10)

    def forward(self, x):
        a = self.activation
        x = a(F.avg_pool2d(self.conv1(x), 2))
        x = a(F.avg_pool2d(self.conv2(x), 2))
        return self.dense3(a(self.dense2(a(self.dense1(x.flatten(1))))))


class Block(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.norm1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(outputs)
        self.shortcut = None
        if stride != 1 or inputs != outputs:
            self.shortcut = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False),
                                          nn.BatchNorm2d(outputs))

    def forward(self, x):
        y = F.relu(self.norm1(self.conv1(x)), inplace=True)
        y = self.norm2(self.conv2(y))
        return F.relu(y + (x if self.shortcut is None else self.shortcut(x)), inplace=True)


class ResNet18(nn.Module):
    """The zoo's resnet18: a 3x3 stem for 32x32 images, width 64."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 64, 3, 1, 1, bias=False), nn.BatchNorm2d(64),
                                  nn.ReLU(inplace=True))
        blocks, inputs = [], 64
        for outputs, stride in ((64, 1), (128, 2), (256, 2), (512, 2)):
            blocks += [Block(inputs, outputs, stride), Block(outputs, outputs, 1)]
            inputs = outputs
        self.blocks = nn.Sequential(*blocks)
        self.dense = nn.Linear(512, 10)

    def forward(self, x):
        return self.dense(self.blocks(self.stem(x)).mean((2, 3)))


def training_step(model, x, label, **how):
    optimiser = torch.optim.SGD(model.parameters(), lr=1e-3, momentum=0.9, **how)

    def step():
        optimiser.zero_grad(set_to_none=True)
        F.cross_entropy(model(x), label).backward()
        optimiser.step()

    return step


def inversion_step(model, x):
    """The gradient, to a dummy image and its label logits, of |dL/dw - given|^2."""
    weights = list(model.parameters())
    given = [torch.randn_like(w) for w in weights]
    image = x.requires_grad_()
    logits = torch.randn(1, 10, requires_grad=True)

    def step():
        loss = -(F.softmax(logits, 1) * F.log_softmax(model(image), 1)).sum()
        gradients = torch.autograd.grad(loss, weights, create_graph=True)
        distance = sum(((a - b) ** 2).sum() for a, b in zip(gradients, given))
        torch.autograd.grad(distance, (image, logits))

    return step


def seconds_a_step(step, seconds):
    count, start = 0, time.perf_counter()
    while True:
        step()
        count += 1
        now = time.perf_counter()
        if now - start >= seconds:
            return (now - start) / count


def make_steps(case, layout):
    """(name, step) for every way to do the case that is worth a try."""
    torch.manual_seed(1)
    shape, model = {
        "lenet5-b64-train": ((64, 1, 28, 28), lambda: LeNet5(F.relu)),
        "mlp-b64-train": ((64, 1, 28, 28), lambda: nn.Sequential(
            nn.Flatten(), nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10))),
        "lenet5-b1-second-order": ((1, 1, 28, 28), lambda: LeNet5(torch.sigmoid)),
        "resnet18-b32-train": ((32, 3, 32, 32), ResNet18),
    }[case]
    form = torch.channels_last if layout == "channels_last" else torch.contiguous_format
    x = torch.randn(shape).contiguous(memory_format=form)
    label = torch.randint(10, (shape[0],))
    make = lambda: model().to(memory_format=form).train()
    if case == "lenet5-b1-second-order":
        return [("autograd", inversion_step(make(), x))]
    steps = []
    for name, how in (("plain", {"foreach": False}), ("foreach", {"foreach": True}),
                      ("fused", {"fused": True})):
        try:
            steps.append((name, training_step(make(), x, label, **how)))
        except (RuntimeError, TypeError):  # an older PyTorch has no fused SGD on the CPU
            continue
    return steps


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--case", required=True)
    parser.add_argument("--layout", default="contiguous", choices=("contiguous", "channels_last"))
    parser.add_argument("--optimiser", help="plain, foreach or fused; tried out when not given")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=0.3)
    parser.add_argument("--rounds", type=int, default=3)
    a = parser.parse_args()
    torch.set_num_threads(a.threads)
    steps = [(n, s) for n, s in make_steps(a.case, a.layout) if a.optimiser in (None, n)]
    best = None
    for name, step in steps:
        for _ in range(3):
            step()
        trial = seconds_a_step(step, a.seconds / 2) if len(steps) > 1 else 0
        if best is None or trial < best[0]:
            best = (trial, name, step)
    times = [seconds_a_step(best[2], a.seconds) for _ in range(a.rounds)]
    print(json.dumps({
        "name": a.case, "layout": a.layout, "optimiser": best[1],
        "ms": 1e3 * statistics.median(times), "version": torch.__version__,
        "threads": torch.get_num_threads(),
        "peak_rss_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
    }))


if __name__ == "__main__":
    main()
