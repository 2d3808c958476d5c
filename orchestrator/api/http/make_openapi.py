"""Writes openapi.yaml: openapi_paths.yaml with the schemas of the protos.

  make_openapi.py [--check]

--check writes nothing and fails if openapi.yaml is not what it would write.
Needs grpcio-tools and PyYAML (tests/interop/requirements.txt).
"""

import importlib.resources
import pathlib
import re
import sys
import tempfile

import yaml
from google.protobuf import descriptor_pb2
from grpc_tools import protoc

HERE = pathlib.Path(__file__).resolve().parent
PROTO = HERE.parent.parent.parent / "proto"
SCHEMAS = "#/components/schemas/"

Field = descriptor_pb2.FieldDescriptorProto

INT64 = {"type": ["string", "integer"], "format": "int64"}
DOUBLE = {
    "anyOf": [
        {"type": "number"},
        {"enum": ["NaN", "Infinity", "-Infinity"]},
    ]
}
SCALARS = {
    Field.TYPE_BOOL: {"type": "boolean"},
    Field.TYPE_BYTES: {"type": "string", "contentEncoding": "base64"},
    Field.TYPE_DOUBLE: DOUBLE,
    Field.TYPE_INT32: {"type": "integer", "format": "int32"},
    Field.TYPE_INT64: INT64,
    Field.TYPE_STRING: {"type": "string"},
}
WELL_KNOWN = {
    ".google.protobuf.Duration": {"type": "string", "pattern": r"s$"},
    ".google.protobuf.Timestamp": {"type": "string", "format": "date-time"},
}
# What plain JSON a parameter may be given as.
PLAIN_PARAMETER = {
    "description": "A value, plainly or as ParameterValue.",
    "anyOf": [
        {"type": ["integer", "number", "string", "boolean"]},
        {"type": "array", "items": {"type": "string"}},
        {"$ref": SCHEMAS + "ParameterValue"},
    ],
}
ERROR = {
    "description": "Why a request was not done.",
    "type": "object",
    "required": ["error"],
    "additionalProperties": False,
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "message"],
            "additionalProperties": False,
            "properties": {
                "code": {"type": "string"},
                "message": {"type": "string"},
            },
        }
    },
}


def read_protos():
    """Returns what Orchestrator is made of: files with their comments."""
    with tempfile.NamedTemporaryFile() as out:
        known = importlib.resources.files("grpc_tools") / "_proto"
        status = protoc.main(
            [
                "protoc",
                f"-I{PROTO}",
                f"-I{known}",
                f"--descriptor_set_out={out.name}",
                "--include_source_info",
                "--include_imports",
                str(PROTO / "stagecoach" / "v1" / "orchestrator.proto"),
            ]
        )
        if status != 0:
            raise RuntimeError("the protos do not compile")
        files = descriptor_pb2.FileDescriptorSet.FromString(
            pathlib.Path(out.name).read_bytes()
        ).file
        return [file for file in files if file.package == "stagecoach.v1"]


def comments_of(file):
    """Returns the comments of a file by path, each on one line."""
    return {
        tuple(place.path): " ".join(place.leading_comments.split())
        for place in file.source_code_info.location
        if place.leading_comments
    }


def described(schema, comment):
    return {"description": comment, **schema} if comment else schema


def camel_case(name):
    return re.sub(r"_(.)", lambda found: found[1].upper(), name)


def short_name(type_name):
    return type_name.rpartition(".")[2]


def value_schema(field):
    if field.type_name in WELL_KNOWN:
        return WELL_KNOWN[field.type_name]
    if field.type_name:
        return {"$ref": SCHEMAS + short_name(field.type_name)}
    return SCALARS[field.type]


def field_schema(message, field):
    entries = {
        f".stagecoach.v1.{message.name}.{nested.name}": nested
        for nested in message.nested_type
        if nested.options.map_entry
    }
    if field.type_name in entries:
        value = value_schema(entries[field.type_name].field[1])
        if (message.name, field.name) == ("RunRequest", "parameters"):
            value = {"$ref": SCHEMAS + "ParameterInput"}
        return {"type": "object", "additionalProperties": value}
    if field.label == Field.LABEL_REPEATED:
        return {"type": "array", "items": value_schema(field)}
    return value_schema(field)


def message_schema(message, comments, place):
    properties = {
        camel_case(field.name): described(
            field_schema(message, field), comments.get((*place, 2, index))
        )
        for index, field in enumerate(message.field)
    }
    schema = {"type": "object", "additionalProperties": False}
    if properties:
        schema["properties"] = properties
    return described(schema, comments.get(place))


def enum_schema(enum, comments, place):
    names = [value.name for value in enum.value]
    return described({"type": "string", "enum": names}, comments.get(place))


def all_schemas():
    schemas = {"ErrorBody": ERROR, "ParameterInput": PLAIN_PARAMETER}
    for file in read_protos():
        comments = comments_of(file)
        for index, message in enumerate(file.message_type):
            schemas[message.name] = message_schema(
                message, comments, (4, index)
            )
        for index, enum in enumerate(file.enum_type):
            schemas[enum.name] = enum_schema(enum, comments, (5, index))
    return schemas


def json_content(schema):
    return {"application/json": {"schema": {"$ref": SCHEMAS + schema}}}


def spell_out(value):
    """Spells out `$ref: Name` wherever it stands."""
    if isinstance(value, list):
        return [spell_out(each) for each in value]
    if not isinstance(value, dict):
        return value
    if set(value) == {"$ref"}:
        return {"$ref": SCHEMAS + value["$ref"]}
    return {name: spell_out(each) for name, each in value.items()}


def operation(path, method, spec):
    """Spells out an operation: parameters of the path, bodies, errors."""
    spec = spell_out(spec)
    in_path = [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": {"type": "string"},
        }
        for name in re.findall(r"{(\w+)}", path)
    ]
    if in_path or "parameters" in spec:
        spec["parameters"] = in_path + spec.get("parameters", [])
    body = spec.get("requestBody")
    if isinstance(body, str):
        required = "{run_id}" not in path
        spec["requestBody"] = {
            "required": required,
            "content": json_content(body),
        }
    responses = {
        str(status): {"description": "OK.", "content": json_content(response)}
        if isinstance(response, str)
        else response
        for status, response in spec["responses"].items()
    }
    responses["default"] = {
        "description": "An error.",
        "content": json_content("ErrorBody"),
    }
    spec["responses"] = responses
    return spec


def referred(value):
    """Yields the names of all schemas that a value refers to."""
    if isinstance(value, list):
        for each in value:
            yield from referred(each)
    elif isinstance(value, dict):
        if "$ref" in value:
            yield value["$ref"].removeprefix(SCHEMAS)
        for each in value.values():
            yield from referred(each)


def needed(paths, schemas):
    """Returns the schemas that the paths need, by name."""
    found, names = {}, set(referred(paths))
    while names:
        name = names.pop()
        found[name] = schemas[name]
        names |= set(referred(schemas[name])) - set(found)
    return dict(sorted(found.items()))


def make():
    document = yaml.safe_load((HERE / "openapi_paths.yaml").read_text())
    document["paths"] = {
        path: {
            method: operation(path, method, spec)
            for method, spec in methods.items()
        }
        for path, methods in document["paths"].items()
    }
    document["components"] = {
        "schemas": needed(document["paths"], all_schemas())
    }
    text = yaml.safe_dump(
        document, sort_keys=False, width=76, allow_unicode=True
    )
    return (
        "# Made by make_openapi.py from openapi_paths.yaml and the protos.\n"
        "# yamllint disable rule:line-length\n" + text
    )


def main(arguments):
    target, text = HERE / "openapi.yaml", make()
    if "--check" not in arguments:
        target.write_text(text)
        return 0
    if target.exists() and target.read_text() == text:
        return 0
    print(f"{target} is not up to date: run {pathlib.Path(__file__).name}")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
