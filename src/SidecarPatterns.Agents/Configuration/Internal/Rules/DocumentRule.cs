using Microsoft.Extensions.Configuration;

namespace SidecarPatterns;

/// <summary>What a version must be like.</summary>
/// <param name="Section">The section that is looked at; <see langword="null"/> for the whole.</param>
/// <param name="FindProblem">What is wrong with a configuration, or <see langword="null"/>. User's code, which may throw.</param>
internal sealed record DocumentRule(string? Section, Func<IConfiguration, string?> FindProblem);
