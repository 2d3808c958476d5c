#include "orchestrator/cli/verbs/cluster_text.h"

#include "absl/strings/str_cat.h"
#include "orchestrator/cli/render/table.h"

namespace stagecoach {

std::string RenderStopped(const std::vector<ServerReport>& servers,
                          const Layout& layout) {
  if (servers.empty()) return "nothing was running\n";
  Table table({{"SERVER"}, {"STATE"}, {"PID"}});
  for (const ServerReport& server : servers) {
    table.AddRow({{server.name},
                  server.killed ? Span{"killed", Tone::kWarning}
                                : Span{"stopped", Tone::kGood},
                  {absl::StrCat(server.endpoints.pid)}});
  }
  return table.Render(layout);
}

}  // namespace stagecoach
