#!/usr/bin/env python3
"""Puts a bad network between the parties of a run and looks whether the result is what it would have been.

usage: bench/faults/network.py [--privet PROGRAM] [--runs N] [--seed S] [--scenario FILE] [--keep]

All clients reach the server through a proxy that does one kind of harm to the bytes of a connection, again and
again, at places drawn by the seed: drop (close the connection), delay (hold everything for a second), duplicate
(pass a piece twice), truncate (pass half a piece, then close), corrupt (flip a bit). Under TLS all but delay end a
connection; the parties must come back and end with the same weights as through a good network, and their views must
verify and agree. Prints a line a run; exits 1 when one ended otherwise.
"""

import argparse
import pathlib
import random
import re
import shutil
import socket
import sys
import tempfile
import threading
import time

from parties import ROOT, command, complaint, parties_of, prepare, start, verdict, watch, weights

HARMS = ["drop", "delay", "duplicate", "truncate", "corrupt"]


class Proxy:
    """Listens on a port of its own and passes on to `port`, harming every connection once until `harms` are used up."""

    def __init__(self, port, kind, draw, harms):
        self.port, self.kind, self.draw, self.left = port, kind, draw, harms
        self.done = 0
        self.lock = threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            try:
                server = socket.create_connection(("127.0.0.1", self.port), timeout=5)
            except OSError:
                client.close()
                continue
            server.settimeout(None)
            ends = (client, server)
            # the harm comes somewhere in the bytes of one direction
            direction = self.draw.randrange(2)
            place = self.draw.randrange(200, 400000)
            threading.Thread(target=self.carry, args=(client, server, place if direction == 0 else None, ends), daemon=True).start()
            threading.Thread(target=self.carry, args=(server, client, place if direction == 1 else None, ends), daemon=True).start()

    def take(self):
        with self.lock:
            if self.left == 0:
                return False
            self.left -= 1
            self.done += 1
            return True

    def carry(self, source, target, place, ends):
        passed = 0
        try:
            while True:
                piece = source.recv(16384)
                if not piece:
                    break
                if place is not None and passed + len(piece) > place and self.take():
                    place = None
                    if self.kind == "drop":
                        break
                    if self.kind == "delay":
                        time.sleep(1)
                    elif self.kind == "duplicate":
                        target.sendall(piece)
                    elif self.kind == "truncate":
                        target.sendall(piece[: len(piece) // 2])
                        break
                    elif self.kind == "corrupt":
                        at = self.draw.randrange(len(piece))
                        piece = piece[:at] + bytes([piece[at] ^ 1 << self.draw.randrange(8)]) + piece[at + 1:]
                target.sendall(piece)
                passed += len(piece)
        except OSError:
            pass
        for end in ends:
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def close(self):
        self.listener.close()


def through_proxy(run, kind, draw, harms):
    """Clients dial the proxy, and nobody dials them."""
    local = run / "parties" / "server" / "local.ini"
    text = local.read_text()
    port = int(re.search(r"^listen = 127.0.0.1:(\d+)", text, re.M).group(1))
    local.write_text(re.sub(r"^dial .*\n", "", text, flags=re.M))
    proxy = Proxy(port, kind, draw, harms)
    for party in parties_of(run):
        if party == "server":
            continue
        path = run / "parties" / party / "local.ini"
        text = re.sub(r"^dial server = .*$", "dial server = " + proxy.address, path.read_text(), flags=re.M)
        path.write_text(re.sub(r"^listen = .*\n", "", text, flags=re.M))
    return proxy


def play(privet, run):
    begun = time.monotonic()
    running = {party: start(command(privet, run, party), run, party) for party in parties_of(run)}
    wrong = watch(run, running, begun, lambda party, code: complaint(run, party, code) if code else "")
    return time.monotonic() - begun, wrong


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--privet", default=str(ROOT / "build/privet"))
    parser.add_argument("--runs", type=int, default=15)
    parser.add_argument("--harms", type=int, default=4)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--scenario", default=str(ROOT / "bench/faults/scenario.ini"))
    parser.add_argument("--keep", action="store_true")
    args = parser.parse_args()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="privet-network-"))
    plain = folder / "good"
    prepare(args.privet, args.scenario, plain, 0)
    seconds, wrong = play(args.privet, plain)
    if wrong:
        print("the run through a good network failed:", wrong)
        return 1
    expected = weights(plain)
    print(f"good network: {seconds:.1f} s, weights {expected[0][:16]}")
    bad = 0
    for number in range(args.runs):
        kind = HARMS[number % len(HARMS)]
        run = folder / f"{kind}-{number + 1}"
        prepare(args.privet, args.scenario, run, 0)
        proxy = through_proxy(run, kind, random.Random(args.seed * 1000 + number), args.harms)
        seconds, wrong = play(args.privet, run)
        proxy.close()
        wrong = wrong or verdict(args.privet, run, expected)
        bad += wrong != ""
        print(f"{number + 1:3d} {kind:9s} {proxy.done} times: {seconds:.1f} s, "
              f"{wrong if wrong else 'same weights, views agree'}", flush=True)
        if not wrong and not args.keep:
            shutil.rmtree(run)
    print(f"{args.runs} runs, {bad} ended otherwise")
    if not args.keep and bad == 0:
        shutil.rmtree(folder)
    else:
        print("the folders are in", folder)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
