"""Models that describe bodies common to all routes; they document and are never used to build an answer."""

from typing import Generic, TypeVar

from pydantic import BaseModel, Field

Element = TypeVar("Element")


class ValidationErrorView(BaseModel):
    """What is wrong at one place of a request body."""

    pointer: str = Field(description='A JSON pointer into the body; "" is the whole of it.', examples=["/steps/0"])
    code: str = Field(examples=["missing_step_content"])
    message: str


class ErrorView(BaseModel):
    """Any answer with a status of 400 or more."""

    error: str = Field(description="A sentence for people.", min_length=1)
    code: str = Field(description="The kind of error, for programs.", examples=["unknown_job"])
    data: object = Field(
        default=None, description="More about it: for `invalid_request_body` the list `validation_errors`."
    )


class CursorView(BaseModel):
    """How to go on from a page: its members are query parameters, `before` and `after` encoded with Base64."""

    before: str | None = None
    after: str | None = None
    size: int
    sort: str
    order: str


class PageView(BaseModel, Generic[Element]):
    """A part of a collection."""

    elements: list[Element]
    previous: CursorView | None = None
    next: CursorView | None = None
