#!/usr/bin/env python3
"""A GPT-2 training step by PyTorch on the processor, with the shapes of `caravan-benchmarks train`.

usage: pytorch_train.py [--shape S|demo|M256|L64] [--threads N] [--seconds N]; prints one line of figures. Eager mode, fused
AdamW, scaled-dot-product attention, no clipping (ours clips).
"""
import argparse
import os
import statistics
import time

arguments = argparse.ArgumentParser()
arguments.add_argument("--shape", default="demo")
arguments.add_argument("--threads", type=int, default=2)
arguments.add_argument("--seconds", type=float, default=10)
options = arguments.parse_args()
os.environ["OMP_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = str(options.threads)

import torch
import torch.nn.functional as F

torch.set_num_threads(options.threads)
torch.manual_seed(0)
# layers, width, heads, vocabulary, length, batch
LAYERS, WIDTH, HEADS, VOCABULARY, LENGTH, BATCH = {
    "S": (4, 128, 4, 512, 128, 16), "demo": (4, 128, 4, 1024, 128, 16),
    "M256": (6, 512, 8, 32000, 256, 4), "L64": (12, 768, 12, 50257, 64, 4)}[options.shape]


class Block(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.norm1, self.norm2 = torch.nn.LayerNorm(WIDTH), torch.nn.LayerNorm(WIDTH)
        self.qkv, self.out = torch.nn.Linear(WIDTH, 3 * WIDTH), torch.nn.Linear(WIDTH, WIDTH)
        self.up, self.down = torch.nn.Linear(WIDTH, 4 * WIDTH), torch.nn.Linear(4 * WIDTH, WIDTH)

    def forward(self, x):
        b, t, c = x.shape
        q, k, v = (z.view(b, t, HEADS, c // HEADS).transpose(1, 2) for z in self.qkv(self.norm1(x)).split(c, 2))
        mixed = F.scaled_dot_product_attention(q, k, v, is_causal=True).transpose(1, 2).reshape(b, t, c)
        x = x + self.out(mixed)
        return x + self.down(F.gelu(self.up(self.norm2(x)), approximate="tanh"))


class GPT(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.tokens, self.places = torch.nn.Embedding(VOCABULARY, WIDTH), torch.nn.Embedding(LENGTH, WIDTH)
        self.blocks, self.norm = torch.nn.ModuleList(Block() for _ in range(LAYERS)), torch.nn.LayerNorm(WIDTH)

    def forward(self, ids, targets):
        x = self.tokens(ids) + self.places(torch.arange(ids.shape[1]))
        for block in self.blocks:
            x = block(x)
        logits = F.linear(self.norm(x), self.tokens.weight)
        return F.cross_entropy(logits.view(-1, VOCABULARY), targets.view(-1))


model = GPT()
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4, betas=(0.9, 0.95), weight_decay=0.1, fused=True)
data = torch.randint(0, VOCABULARY, (64, BATCH, LENGTH + 1))
times = []
for step in range(10**9):
    start = time.perf_counter()
    batch = data[step % 64]
    loss = model(batch[:, :-1].contiguous(), batch[:, 1:].contiguous())
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    optimizer.step()
    loss.item()
    times.append(time.perf_counter() - start)
    if step >= 9 and sum(times[3:]) > options.seconds:
        break
median = statistics.median(times[3:])
print(f"pytorch {torch.__version__} shape={options.shape} threads={options.threads} steps={len(times) - 3} "
      f"medianMilliseconds={median * 1e3:.1f} tokensPerSecond={BATCH * LENGTH / median:.0f}")
