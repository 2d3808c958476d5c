"""A home-made stage in Python: a gRPC server that does one step of the
reference pipeline, or nothing, and answers. Nothing is durable.

  python -m tests.bench.pipeline.python_stage STEP

STEP: noop or one of reference.py. Prints its port.
"""

import concurrent.futures
import pathlib
import sys
import threading

import grpc

from tests.bench.pipeline import reference

METHOD = "/bench.Stage/Execute"
THREADS = 64


def handler(step):
    def execute(request, _):
        if step != "noop":
            reference.STEPS[step](pathlib.Path(request.decode()))
        return b""

    return grpc.method_handlers_generic_handler(
        "bench.Stage", {"Execute": grpc.unary_unary_rpc_method_handler(execute)}
    )


def main():
    server = grpc.server(concurrent.futures.ThreadPoolExecutor(THREADS))
    server.add_generic_rpc_handlers((handler(sys.argv[1]),))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(port, flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main()
