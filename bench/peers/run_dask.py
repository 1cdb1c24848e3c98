"""Dask with worker processes of one thread: reads measurements and writes what they took, a line of JSON each."""

import json
import sys
import time

from distributed import Client, LocalCluster, as_completed


def no_op(n):
    return n


def check(results):
    if list(results) != list(range(len(results))):
        raise ValueError("a result is not that of its task")


def bulk(client, tasks):
    check(client.gather(client.map(no_op, range(tasks), pure=False)))


def window(client, tasks, outstanding):
    running = as_completed([client.submit(no_op, n, pure=False) for n in range(min(tasks, outstanding))], with_results=True)
    submitted = min(tasks, outstanding)
    results = []
    for _, result in running:
        results.append(result)
        if submitted < tasks:
            running.add(client.submit(no_op, submitted, pure=False))
            submitted += 1
    check(sorted(results))


def sequential(client, rounds):
    micros = []
    for n in range(rounds):
        began = time.perf_counter()
        if client.submit(no_op, n, pure=False).result() != n:
            raise ValueError("a result is not that of its task")
        micros.append((time.perf_counter() - began) * 1e6)
    return micros


def main():
    with LocalCluster(
        n_workers=int(sys.argv[1]),
        threads_per_worker=1,
        processes=True,
        host="127.0.0.1",
        dashboard_address=None,
        silence_logs=50,
    ) as cluster, Client(cluster) as client:
        print(json.dumps("ready"), flush=True)
        for line in sys.stdin:
            asked = json.loads(line)
            micros = []
            began = time.perf_counter()
            if asked["kind"] == "bulk":
                bulk(client, asked["tasks"])
            elif asked["kind"] == "window":
                window(client, asked["tasks"], asked["outstanding"])
            else:
                micros = sequential(client, asked["rounds"])
            seconds = time.perf_counter() - began
            print(json.dumps({"seconds": seconds, "micros": micros}), flush=True)


if __name__ == "__main__":
    main()
