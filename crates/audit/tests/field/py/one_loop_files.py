"""Files of a server that coroutines of one loop write and read, and one that gives way in between."""

import asyncio
import json
import os

from fastapi import FastAPI

app = FastAPI()
STATE = "state.json"
DRAFT = "draft.json"


@app.post("/state")
async def save_state(state: dict):  # unshown
    with open(STATE, "w") as to:
        json.dump(state, to)
    return {"ok": True}


@app.get("/state")
async def load_state():
    with open(STATE) as it:
        return json.load(it)


@app.post("/draft")
async def save_draft(draft: dict):  # race
    with open(DRAFT, "w") as to:
        for line in draft:
            to.write(line)
            await asyncio.sleep(0)
    return {"ok": True}


@app.get("/draft")
async def load_draft():
    with open(DRAFT) as it:
        return it.read()


@app.post("/box")
def make_box(name: str):  # race
    if not os.path.isdir(name):
        os.makedirs(name)


@app.post("/crate")
async def make_crate(name: str):  # unshown
    if not os.path.isdir(name):
        os.makedirs(name)


class LeaseFolder:
    def __init__(self, folder):
        self.folder = folder

    def put(self, name, text):
        fresh = f"{name}.{os.getpid()}"
        with open(fresh, "w") as to:
            to.write(text)
        os.replace(fresh, name)

    async def make(self, name):  # race
        if not os.path.isdir(name):
            os.makedirs(name)


class PlainFolder:
    async def make(self, name):  # unshown
        if not os.path.isdir(name):
            os.makedirs(name)


leases = LeaseFolder("leases")
plain = PlainFolder()


@app.post("/lease")
async def lease(name: str):
    await leases.make(name)
    leases.put(name, "")


@app.post("/plain")
async def unleased(name: str):
    await plain.make(name)
