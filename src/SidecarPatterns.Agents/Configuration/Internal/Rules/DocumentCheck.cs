using Microsoft.Extensions.Configuration;

namespace SidecarPatterns;

/// <summary>Looks at a version as a whole before it is adopted, and sees to it that what is said about it holds no secret.</summary>
/// <param name="rules">What it must be like.</param>
/// <param name="own">The agent's provider.</param>
/// <param name="real">The configuration that it stands in; <see langword="null"/> where the builder's has no providers.</param>
internal sealed class DocumentCheck(IReadOnlyList<DocumentRule> rules, AgentConfigurationProvider own, IConfigurationRoot? real)
{
    /// <summary>Everything that is wrong with a version.</summary>
    /// <exception cref="DocumentRefusedException">Something is.</exception>
    public void ThrowIfWrong(KeyTable table, SecretKeys secrets)
    {
        if (rules.Count == 0)
        {
            return;
        }

        var candidate = ConfigurationWith(table);
        List<string> problems = [];
        foreach (var rule in rules)
        {
            if (FindProblem(rule, candidate, table, secrets) is { } problem)
            {
                problems.Add(rule.Section is null ? problem : $"section '{rule.Section}': {problem}");
            }
        }

        if (problems.Count > 0)
        {
            throw new DocumentRefusedException(string.Join("; ", problems));
        }
    }

    /// <summary>A text as it is, or that it is withheld since a secret occurs in it, of the version in force or of one that is looked at.</summary>
    /// <param name="text">The text, which others have written.</param>
    /// <param name="kind">What it is, if it is not shown.</param>
    /// <param name="secrets">Which keys are secret.</param>
    /// <param name="table">The version that is looked at, if there is one.</param>
    public string Withhold(string text, string kind, SecretKeys secrets, KeyTable? table = null) =>
        IsToldIn(text, secrets, table) ? $"{kind}, which is not shown, since the value of a secret key occurs in it" : text;

    /// <summary>Whether a text says a secret, of the version in force or of one that is looked at.</summary>
    public bool IsToldIn(string text, SecretKeys secrets, KeyTable? table = null) =>
        (table is not null && secrets.AreToldIn(text, ConfigurationWith(table))) || secrets.AreToldIn(text, CandidateConfiguration.Of(real, own, own));

    private string? FindProblem(DocumentRule rule, CandidateConfiguration candidate, KeyTable table, SecretKeys secrets)
    {
        try
        {
            return rule.FindProblem(candidate) is { } problem ? Withhold(problem, "what a validator says", secrets, table) : null;
        }
#pragma warning disable CA1031 // The user's own code: whatever it throws, the version is not in order.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            return Withhold($"{exception.GetType().Name}: {exception.Message}", "what a validator threw", secrets, table);
        }
    }

    private CandidateConfiguration ConfigurationWith(KeyTable table) =>
        CandidateConfiguration.Of(real, own, new AgentConfigurationProvider("candidate", table));
}
