"""Models that describe bodies common to all routes; they document and are never used to build an answer."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Generic, Literal, TypeVar

from pydantic import BaseModel, Field

from eventline_common.http.path_variables import EXAMPLE_ID, ID_PATTERN

Element = TypeVar("Element")

# An identifier (KSUID), and the names of objects, as the OpenAPI document describes them.
Id = Annotated[str, Field(pattern=ID_PATTERN, examples=[EXAMPLE_ID])]
Name = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[a-z0-9][a-z0-9\-_]*$", examples=["hello-world"])]


class ValidationErrorView(BaseModel):
    """What is wrong at one place of a request body."""

    EXAMPLE: ClassVar[Mapping[str, str]] = {
        "pointer": "/steps/0",
        "code": "missing_step_content",
        "message": "step must contain one of code, command, script",
    }

    pointer: str = Field(description='A JSON pointer into the body; "" is the whole of it.')
    code: str
    message: str


class ErrorView(BaseModel):
    """Any answer with a status of 400 or more."""

    error: str = Field(description="A sentence for people.", min_length=1, examples=['unknown job "hello"'])
    code: str = Field(description="The kind of error, for programs.", examples=["unknown_job"])
    data: dict[str, Any] | None = Field(
        default=None,
        description="More about it: for `invalid_request_body` the list `validation_errors`.",
        examples=[{"validation_errors": [ValidationErrorView.EXAMPLE]}],
    )


class PreviousCursorView(BaseModel):
    """What comes before a page: query parameters, `before` encoded with Base64."""

    before: str = Field(examples=["hello-world"])
    size: int = Field(ge=1, le=100, examples=[20])
    sort: str = Field(examples=["name"])
    order: Literal["asc", "desc"]


class NextCursorView(BaseModel):
    """What comes after a page: query parameters, `after` encoded with Base64."""

    after: str = Field(examples=["hello-world"])
    size: int = Field(ge=1, le=100, examples=[20])
    sort: str = Field(examples=["name"])
    order: Literal["asc", "desc"]


class PageView(BaseModel, Generic[Element]):
    """A part of a collection."""

    elements: list[Element]
    previous: PreviousCursorView | None = None
    next: NextCursorView | None = None
