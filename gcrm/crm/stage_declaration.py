"""The settings file of the stages: what it declares, and what is wrong in it."""

from typing import Annotated

from pydantic import Field

from gcrm.crm.stages import Commitment, Kind, Pipeline, Stage
from gcrm.declared_file import Declared, DeclaredFile
from gcrm.errors import CrmError

type Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=60)]
type Label = Annotated[str, Field(min_length=1, max_length=60)]

_CERTAIN = {"won": 1.0, "lost": 0.0}


class StageDeclaration(Declared):
    """A stage, as `gcrm.crm.stages.Stage` has it."""

    label: Label
    kind: Kind
    probability: float = Field(ge=0, le=1)
    commitment: Commitment | None = None
    overdue_days: int | None = Field(None, ge=1)
    moves: list[str]


class PipelineDeclaration(Declared):
    """The stages by name, in the order of the board, and the reasons for a loss."""

    stages: dict[Name, StageDeclaration]
    loss_reasons: list[Label] = Field(min_length=1)


def declared_pipeline(name: str, text: str) -> Pipeline:
    """The pipeline that a settings file declares.

    Args:
        name: of the file, for errors.
        text: what stands in it.

    Raises:
        CrmError: it does not declare one; the line, what is wrong, what may be meant.
    """
    file = DeclaredFile(name, text, CrmError)
    declared = file.as_model(PipelineDeclaration, {"stages": StageDeclaration})
    for stage, each in declared.stages.items():
        _check(file, stage, each, declared)
    kinds = {each.kind for each in declared.stages.values()}
    missing = next((kind for kind in ("open", "won", "lost") if kind not in kinds), None)
    if missing is not None:
        raise file.error(f"no stage is {missing}; declare one with kind: {missing}", "stages")
    if next(iter(declared.stages.values())).kind != "open":
        raise file.error("the first stage is where opportunities begin, and is not open; put an open one before it", "stages")
    stages = (Stage(stage, **each.model_dump(exclude={"moves"}), moves=tuple(each.moves)) for stage, each in declared.stages.items())
    return Pipeline(tuple(stages), tuple(dict.fromkeys(declared.loss_reasons)))


def _check(file: DeclaredFile, stage: str, each: StageDeclaration, declared: PipelineDeclaration) -> None:
    for at, to in enumerate(each.moves):
        file.check(to, declared.stages, "stage", "stages", stage, "moves", at)
        if to == stage:
            raise file.error(f"{stage} is where it is already; take it out of its moves", "stages", stage, "moves", at)
    certain = _CERTAIN.get(each.kind)
    if certain is not None and each.probability != certain:
        raise file.error(f"what is {each.kind} has the probability {certain:g}; write that", "stages", stage, "probability")
    if each.kind == "open" and each.commitment is None:
        raise file.error("an open stage needs a commitment; write commit, best_case or pipeline", "stages", stage, "commitment")
    if each.kind != "open" and each.commitment is not None:
        raise file.error("only an open stage has a commitment; leave it out", "stages", stage, "commitment")
