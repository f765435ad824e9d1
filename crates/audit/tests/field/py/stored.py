"""Items, objects and documents on servers: what stands in the condition of the act is no race."""
import json

import boto3
from botocore.exceptions import ClientError
from google.cloud import storage
from pymongo import MongoClient, ReturnDocument


class Table:
    def __init__(self, name: str) -> None:
        self.table = boto3.resource("dynamodb").Table(name)

    def claim(self, pk: str, owner: str) -> bool:  # race
        item = self.table.get_item(Key={"pk": pk}).get("Item")
        if item is not None:
            return False
        self.table.put_item(Item={"pk": pk, "owner": owner})
        return True

    def claim_conditional(self, pk: str, owner: str) -> bool:  # safe
        try:
            self.table.put_item(
                Item={"pk": pk, "owner": owner},
                ConditionExpression="attribute_not_exists(pk)",
            )
            return True
        except ClientError as e:
            if e.response["Error"]["Code"] == "ConditionalCheckFailedException":
                return False
            raise

    def count(self, pk: str) -> int:  # race
        item = self.table.get_item(Key={"pk": pk})["Item"]
        item["hits"] += 1
        self.table.put_item(Item=item)
        return item["hits"]


class Manifest:
    def __init__(self, bucket: str) -> None:
        self.s3 = boto3.client("s3")
        self.bucket = bucket

    def append(self, key: str, entry: dict) -> None:  # race
        try:
            body = self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read()
            entries = json.loads(body)
        except self.s3.exceptions.NoSuchKey:
            entries = []
        entries.append(entry)
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=json.dumps(entries))

    def create(self, key: str, body: bytes) -> bool:  # race
        try:
            self.s3.head_object(Bucket=self.bucket, Key=key)
            return False
        except ClientError:
            self.s3.put_object(Bucket=self.bucket, Key=key, Body=body)
            return True

    def create_once(self, key: str, body: bytes) -> bool:  # safe
        try:
            self.s3.put_object(Bucket=self.bucket, Key=key, Body=body, IfNoneMatch="*")
            return True
        except ClientError:
            return False


class Blobs:
    def __init__(self, bucket: str) -> None:
        self.bucket = storage.Client().bucket(bucket)

    def create(self, name: str, text: str) -> bool:  # race
        blob = self.bucket.blob(name)
        if blob.exists():
            return False
        blob.upload_from_string(text)
        return True

    def create_once(self, name: str, text: str) -> bool:  # safe
        self.bucket.blob(name).upload_from_string(text, if_generation_match=0)
        return True


class Users:
    def __init__(self, uri: str) -> None:
        self.users = MongoClient(uri).app.users

    def register(self, email: str) -> bool:  # race
        if self.users.find_one({"email": email}):
            return False
        self.users.insert_one({"email": email, "visits": 0})
        return True

    def visit(self, email: str) -> int:  # race
        user = self.users.find_one({"email": email})
        visits = user["visits"] + 1
        self.users.update_one({"email": email}, {"$set": {"visits": visits}})
        return visits

    def visit_atomic(self, email: str) -> int:  # safe
        user = self.users.find_one_and_update(
            {"email": email}, {"$inc": {"visits": 1}}, return_document=ReturnDocument.AFTER
        )
        return user["visits"]

    def claim(self, ident, owner) -> bool:  # race
        job = self.users.find_one({"_id": ident})
        if job["owner"] is not None:
            return False
        self.users.update_one({"_id": ident}, {"$set": {"owner": owner}})
        return True

    def claim_if_free(self, ident, owner) -> bool:  # safe
        job = self.users.find_one({"_id": ident})
        if job["owner"] is not None:
            return False
        done = self.users.update_one({"_id": ident, "owner": None}, {"$set": {"owner": owner}})
        return done.modified_count == 1

    def claim_version(self, ident, owner) -> bool:  # safe
        job = self.users.find_one({"_id": ident})
        if job["owner"] is not None:
            return False
        done = self.users.update_one(
            {"_id": ident, "version": job["version"]}, {"$set": {"owner": owner}}
        )
        return done.modified_count == 1

    def seen(self, ident) -> bool:  # safe
        if self.users.find_one({"_id": ident}) is None:
            return False
        self.users.update_one({"_id": ident}, {"$inc": {"seen": 1}})
        return True


def take_locked(conn, room, user, limit):  # safe
    with conn.cursor() as cur:
        cur.execute("SELECT pg_advisory_xact_lock(%s)", (hash(room),))
        cur.execute("SELECT id FROM seats WHERE room = %s AND user_id = %s", (room, user))
        if cur.fetchone():
            return False
        cur.execute("DELETE FROM waiting WHERE room = %s", (room,))
    conn.commit()
    return True
