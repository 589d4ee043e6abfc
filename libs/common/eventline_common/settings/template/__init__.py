"""The template language of configuration files: Go's text/template without nested templates."""

from eventline_common.settings.template.errors import TemplateError
from eventline_common.settings.template.rendering import render_template

__all__ = ["TemplateError", "render_template"]
