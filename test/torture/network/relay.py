"""A network card's worth of bad weather: passes frames between two interfaces, late, twice, in another order, or not at all.

Stands in for tc's netem, which many kernels lack. Arguments: the two interfaces, the least and the greatest delay in ms, loss and duplicates in percent, a seed.
Says "open" when it could begin and begins when a line comes in; ends when standard input does.
"""
import heapq
import random
import select
import socket
import sys
import time

ETH_P_ALL = 3
SOL_PACKET = 263
# Frames travel with the card's notes on unfinished checksums and segments: a veth leaves both to hardware that is not there.
PACKET_VNET_HDR = 15
OUTGOING = 4
MAX_FRAME = 70000

first, second = sys.argv[1:3]
delay_min_ms, delay_max_ms, loss, duplicates = (float(text) for text in sys.argv[3:7])
chance = random.Random(int(sys.argv[7]))


def opened(interface):
    card = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
    card.setsockopt(SOL_PACKET, PACKET_VNET_HDR, 1)
    card.bind((interface, ETH_P_ALL))
    card.setblocking(False)
    return card


cards = [opened(first), opened(second)]
other = {cards[0]: cards[1], cards[1]: cards[0]}
waiting = []
count = 0


def received(card):
    try:
        frame, (_, _, kind, *_) = card.recvfrom(MAX_FRAME)
    except BlockingIOError:
        return False
    if kind != OUTGOING and chance.random() * 100 >= loss:
        for _ in range(2 if chance.random() * 100 < duplicates else 1):
            delayed(other[card], frame)
    return True


def delayed(card, frame):
    global count
    count += 1
    due = time.monotonic() + chance.uniform(delay_min_ms, delay_max_ms) / 1000
    heapq.heappush(waiting, (due, count, card, frame))


def pass_on():
    while waiting and waiting[0][0] <= time.monotonic():
        _, _, card, frame = heapq.heappop(waiting)
        try:
            card.send(frame)
        except OSError:
            pass  # The link is down or its queue is full: the frame is lost, as frames are.


print("open", flush=True)
sys.stdin.readline()
for card in cards:  # What came before the beginning went another way.
    try:
        while True:
            card.recv(MAX_FRAME)
    except BlockingIOError:
        pass
while True:
    wait = max(0, waiting[0][0] - time.monotonic()) if waiting else None
    ready, _, _ = select.select([*cards, sys.stdin], [], [], wait)
    if sys.stdin in ready:
        break
    for card in ready:
        while received(card):
            pass
    pass_on()
