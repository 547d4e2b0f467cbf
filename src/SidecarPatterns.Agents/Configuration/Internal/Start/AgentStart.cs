using Microsoft.Extensions.Hosting;

namespace SidecarPatterns;

/// <summary>What there is while an agent is registered, and there is no container yet.</summary>
/// <param name="Name">The name of the agent.</param>
/// <param name="Builder">The application's builder.</param>
/// <param name="Clock">The clock.</param>
internal sealed record AgentStart(string Name, IHostApplicationBuilder Builder, TimeProvider Clock);
