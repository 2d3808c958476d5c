// Files over HTTP: artifacts and logs out, uploads in. Piece by piece: memory
// does not grow with the file, nor with a slow client.

#ifndef ORCHESTRATOR_API_HTTP_TRANSFERS_H_
#define ORCHESTRATOR_API_HTTP_TRANSFERS_H_

#include <cstdint>

#include "orchestrator/api/http/http_call.h"
#include "orchestrator/api/http/http_exchange.h"
#include "stagecoach/v1/orchestrator.grpc.pb.h"

namespace stagecoach {

// In all: `orchestrator` must outlive the exchange.

// Answers with the bytes of the artifact `uri`, its digest as ETag.
void SendArtifact(const HttpCall& call,
                  v1::Orchestrator::StubInterface& orchestrator);

// Answers with the log of an attempt at `step` of run `run_id` as text.
void SendLog(const HttpCall& call,
             v1::Orchestrator::StubInterface& orchestrator);

// Takes the body as a file called `file_name`, with the other fields of
// v1::UploadHeader in the query; 201 with the artifact.
HttpBodyRules ReceiveUpload(const HttpCall& call,
                            v1::Orchestrator::StubInterface& orchestrator,
                            int64_t max_bytes);

}  // namespace stagecoach

#endif  // ORCHESTRATOR_API_HTTP_TRANSFERS_H_
