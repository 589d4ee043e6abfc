"""The job specification (handbook 2.5, contract job-spec): what it is, how it is read, checked and written."""

from eventline_common.domain.job_spec.decode import decode_job_spec
from eventline_common.domain.job_spec.model import (
    Command,
    Filter,
    JobSpec,
    OnFailure,
    Parameter,
    ParameterType,
    Runner,
    Script,
    Step,
    Trigger,
)
from eventline_common.domain.job_spec.references import IdentityReference, KnownIdentity, check_references
from eventline_common.domain.job_spec.representation import read_represented, represent

__all__ = [
    "Command",
    "Filter",
    "IdentityReference",
    "JobSpec",
    "KnownIdentity",
    "OnFailure",
    "Parameter",
    "ParameterType",
    "Runner",
    "Script",
    "Step",
    "Trigger",
    "check_references",
    "decode_job_spec",
    "read_represented",
    "represent",
]
