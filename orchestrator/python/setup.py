"""Builds the package: makes the stubs from the repository's protos.

All else is in pyproject.toml. The protos are those of this repository, so the
package is built in it: `pip install ./orchestrator/python`.
"""

import importlib.resources
import pathlib
import re

from setuptools import setup
from setuptools.command.build_py import build_py

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PROTO = ROOT / "proto"


def version():
    cmake = (ROOT / "CMakeLists.txt").read_text()
    return re.search(r"project\(\s*\w+\s+VERSION\s+([\d.]+)", cmake)[1]


class BuildWithStubs(build_py):
    """Also writes stagecoach/v1/*_pb2*.py, with types, into the build."""

    def run(self):
        super().run()
        from grpc_tools import protoc

        known = importlib.resources.files("grpc_tools") / "_proto"
        out = pathlib.Path(self.build_lib).resolve()
        files = map(str, sorted((PROTO / "stagecoach").rglob("*.proto")))
        command = ["protoc", f"-I{PROTO}", f"-I{known}"]
        command += [f"--{kind}_out={out}" for kind in ("python", "pyi")]
        if protoc.main([*command, f"--grpc_python_out={out}", *files]) != 0:
            raise RuntimeError("the protos do not compile for Python")
        (out / "stagecoach" / "v1" / "__init__.py").touch()


setup(version=version(), cmdclass={"build_py": BuildWithStubs})
