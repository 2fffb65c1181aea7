"""Ends with 0 if the service of this container answers GET PATH with 200. Usage: healthcheck.py PATH."""

import http.client
import os
import ssl
import sys

ANSWERED_WITHIN_S = 4.0  # below the timeout of the health check, which would leave this process behind

if __name__ == "__main__":
    port = int(os.environ.get("PORT") or 3000)
    # Not urllib: it would ask the proxy that Docker may put into the environment.
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=ANSWERED_WITHIN_S)
    if os.environ.get("HOURMILL_TLS_CERTIFICATE"):
        # Its certificate is for another name; this asks whether the service answers, not who it is.
        unchecked = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        unchecked.check_hostname = False
        unchecked.verify_mode = ssl.CERT_NONE
        connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=ANSWERED_WITHIN_S, context=unchecked)
    try:
        connection.request("GET", sys.argv[1])
        answer = connection.getresponse()
    except (OSError, http.client.HTTPException) as error:
        sys.exit(f"{sys.argv[1]} on port {port}: {error}")
    print(answer.status, answer.read().decode(errors="replace"))
    sys.exit(answer.status != http.client.OK)
