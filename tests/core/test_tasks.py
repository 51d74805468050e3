from aigc_course.core.tasks import number, tensor


def test_arguments_describe_themselves():
    sentences = [
        str(a)
        for a in (tensor("x", "numbers"), number("weight"), tensor("k", "b", "d", whole=True), number("n", whole=True))
    ]
    assert sentences == [
        "x: a tensor of shape (numbers,)",
        "weight: a plain number",
        "k: a tensor of whole numbers of shape (b, d)",
        "n: a plain whole number",
    ]
