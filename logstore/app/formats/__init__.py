"""The formats in which an answer is written, a module each; `registry` names them."""
