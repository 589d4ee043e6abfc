"""Contract http-api, section 10.5: the values that parameters take when a job is executed, and those they refuse."""

PARAMETERS: list[dict[str, object]] = [
    {"name": "number", "type": "number", "default": 0.5},
    {"name": "integer", "type": "integer", "default": 1},
    {"name": "string", "type": "string", "default": ""},
    {"name": "choice", "type": "string", "values": ["a", "b"], "default": "a"},
    {"name": "boolean", "type": "boolean", "default": False},
]

# The name of a parameter, the JSON text of its value, and the code that refuses it, or nothing.
VALUES = (
    ("number", "1", ""),
    ("number", "-1.5e3", ""),
    ("number", '"1"', "invalid_number"),
    ("number", "true", "invalid_number"),
    ("integer", "9223372036854775807", ""),
    ("integer", "9223372036854775808", "invalid_integer"),
    ("integer", "-9223372036854775808", ""),
    ("integer", "1.0", "invalid_integer"),
    ("integer", "1e3", "invalid_integer"),
    ("integer", '"1"', "invalid_integer"),
    ("integer", "true", "invalid_integer"),
    ("integer", "null", ""),
    ("string", '"\\u00e9 <&>"', ""),
    ("string", "1", "invalid_string"),
    ("string", "[]", "invalid_string"),
    ("choice", '"b"', ""),
    ("choice", '"c"', "invalid_value"),
    ("boolean", "true", ""),
    ("boolean", "0", "invalid_boolean"),
    ("boolean", '"true"', "invalid_boolean"),
    ("nothing", "1", "unknown_parameter"),
)
