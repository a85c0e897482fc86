"""What people write first: the same answers by FastAPI and NumPy. Started by bench/serve_load.py.

  serve_reference.py MODEL.derrd PORT
"""

import json
import sys

import numpy
import uvicorn
from fastapi import FastAPI, HTTPException
from pydantic import BaseModel
from safetensors import safe_open


def texts(file, name):
    blob = file.get_tensor(f"{name}.blob").tobytes()
    offsets = file.get_tensor(f"{name}.offsets")
    return [blob[begin:end].decode() for begin, end in zip(offsets[:-1], offsets[1:])]


with safe_open(sys.argv[1], "numpy") as file:
    users = file.get_tensor("user_embedding")
    items = numpy.ascontiguousarray(file.get_tensor("item_embedding"))
    item_ids = texts(file, "item_ids")
    user_numbers = {user: number for number, user in enumerate(texts(file, "user_ids"))}

app = FastAPI()


class Question(BaseModel):
    user: str
    k: int = 10


@app.post("/v1/recommend")
async def recommend(question: Question):
    number = user_numbers.get(question.user)
    if number is None:
        raise HTTPException(404)
    scores = items @ users[number]
    best = numpy.argpartition(scores, -question.k)[-question.k:]
    best = best[numpy.argsort(-scores[best])]
    return {"user": question.user, "items": [{"item": item_ids[i], "score": float(scores[i])} for i in best]}


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[2]), log_level="error", access_log=False)
