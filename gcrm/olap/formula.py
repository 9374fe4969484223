"""Formulas of calculated measures: measures, numbers, the four operations and parentheses; a division by nothing is missing, not an error."""

import ast

_OPERATIONS: dict[type[ast.operator], str] = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}


def names_in(formula: str) -> tuple[str, ...]:
    """The measures that a formula names, in order, each once.

    Args:
        formula: such as `revenue / orders`.

    Raises:
        ValueError: it is none; the message says what cannot be in it.
    """
    return tuple(dict.fromkeys(node.id for node in ast.walk(_parsed(formula)) if isinstance(node, ast.Name)))


def as_sql(formula: str) -> str:
    """A formula as SQL over columns of the names in it.

    Args:
        formula: such as `revenue / orders`.

    Raises:
        ValueError: it is none.
    """
    return _sql(_parsed(formula))


def _parsed(formula: str) -> ast.expr:
    try:
        return ast.parse(formula, mode="eval").body
    except SyntaxError as error:
        raise ValueError(f"{formula!r} is no formula ({error.msg})") from error


def _sql(node: ast.expr) -> str:
    match node:
        case ast.Name(id=name):
            return name
        case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
            return repr(number)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return f"(-{_sql(operand)})"
        case ast.BinOp(left=left, op=ast.Div(), right=right):
            return f"({_sql(left)} / nullif({_sql(right)}, 0))"
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATIONS:
            return f"({_sql(left)} {_OPERATIONS[type(op)]} {_sql(right)})"
    raise ValueError(f"{ast.unparse(node)!r} cannot stand in a formula; it takes measures, numbers, + - * / and parentheses")
