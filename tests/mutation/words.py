"""What may stand in each other's place: operators, and names of functions and methods."""

import ast

# the operator's own text, then others; `|` and `&` only between masks
OPERATORS: dict[type[ast.AST], tuple[str, ...]] = {
    ast.Add: ("+", "-"),
    ast.Sub: ("-", "+"),
    ast.Mult: ("*", "/"),
    ast.Div: ("/", "*"),
    ast.FloorDiv: ("//", "/", "%"),
    ast.Mod: ("%", "//"),
    ast.Pow: ("**", "*"),
    ast.BitOr: ("|", "&"),
    ast.BitAnd: ("&", "|"),
    ast.Lt: ("<", "<=", ">"),
    ast.LtE: ("<=", "<", ">="),
    ast.Gt: (">", ">=", "<"),
    ast.GtE: (">=", ">", "<="),
    ast.Eq: ("==", "!="),
    ast.NotEq: ("!=", "=="),
    ast.In: ("in", "not in"),
    ast.NotIn: ("not in", "in"),
    ast.Is: ("is", "is not"),
    ast.IsNot: ("is not", "is"),
    ast.And: ("and", "or"),
    ast.Or: ("or", "and"),
}

_PAIRS = (
    *(("mean", "sum"), ("amin", "amax"), ("min", "max"), ("argmin", "argmax"), ("minimum", "maximum"), ("std", "var")),
    *(("any", "all"), ("zeros", "ones"), ("zeros_like", "ones_like"), ("rand", "randn"), ("rand_like", "randn_like")),
    *(("floor", "ceil"), ("sin", "cos"), ("tril", "triu"), ("cumsum", "cumprod"), ("train", "eval")),
    *(("exp", "expm1"), ("log", "log1p"), ("sqrt", "square"), ("softmax", "log_softmax"), ("relu", "tanh")),
    *(("ReLU", "Tanh"), ("softplus", "logsigmoid"), ("startswith", "endswith")),
)
METHODS = {one: two for pair in _PAIRS for one, two in (pair, pair[::-1])}
BUILTINS = {"min", "max", "any", "all"}  # the others need the name of a module or a tensor before them
METHODS |= {"abs": "square", "round": "floor", "sigmoid": "tanh", "Sigmoid": "Tanh", "LeakyReLU": "ReLU"}

DROPPED = {
    *("detach", "clone", "abs", "square", "sqrt", "exp", "log", "neg", "clamp", "sigmoid", "round", "eval"),
    *("contiguous", "requires_grad_", "strip"),
}
DIRECTIONS = {
    "sort": "descending=True",
    "argsort": "descending=True",
    "topk": "largest=False",
    "sorted": "reverse=True",
}
REDUCTIONS = {"sum", "mean", "amax", "amin", "max", "min", "argmax", "argmin", "std", "var", "any", "all", "prod"}
AXES = REDUCTIONS | {
    "softmax",
    "log_softmax",
    "logsumexp",
    "cumsum",
    "cumprod",
    "unsqueeze",
    "sort",
    "argsort",
    "squeeze",
}
COMMUTATIVE = {"max", "min", "maximum", "minimum", "logaddexp", "equal", "allclose", "isclose", "mse_loss", "gcd"}
# no place: their messages; and where the other order stops the program at once, whoever looks
UNCHANGED = {
    "texts": {"warn", "cast", "TypeVar"},
    "arguments": {"isinstance", "issubclass", "getattr", "setattr", "hasattr"},
}
