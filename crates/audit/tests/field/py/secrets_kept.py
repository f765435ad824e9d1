import os
import secrets


class Notary:
    """Signs with a secret that all processes of a user share."""

    def __init__(self, secret_file):
        self.secret_file = secret_file

    def secret(self):  # race
        if os.path.exists(self.secret_file):
            with open(self.secret_file, "rb") as f:
                return f.read()
        secret = secrets.token_bytes(32)
        with open(self.secret_file, "wb") as f:
            f.write(secret)
        return secret

    def secret_once(self):  # safe
        try:
            with open(self.secret_file, "xb") as f:
                f.write(secrets.token_bytes(32))
        except FileExistsError:
            pass
        with open(self.secret_file, "rb") as f:
            return f.read()
