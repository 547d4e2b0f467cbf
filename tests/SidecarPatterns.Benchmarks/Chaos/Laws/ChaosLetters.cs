using System.Text.Json;

namespace SidecarPatterns.Benchmarks;

/// <summary>The dead letters of one sidecar and of one life, as they stand in its file.</summary>
internal sealed class ChaosLetters
{
    public ChaosLetters(ChaosFolder folder, ChaosSidecar sidecar, int life)
    {
        string path = folder.LettersOf(sidecar);
        foreach (JsonElement letter in File.Exists(path) ? new LineFile(path).Objects : [])
        {
            int number = letter.GetProperty("message").GetProperty("Number").GetInt32();
            if (number / ChaosMessage.NumbersOfLife != life)
                continue;

            All.Add(number);
            if (letter.GetProperty("reason").GetString() != nameof(DeadLetterReason.Abandoned))
                GivenUp.Add(number);
        }
    }

    /// <summary>The numbers of the messages, in the order of the file.</summary>
    public List<int> All { get; } = [];

    /// <summary>Without those that were left when the time to drain was over.</summary>
    public List<int> GivenUp { get; } = [];
}
