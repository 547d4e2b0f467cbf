using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace SidecarPatterns;

/// <summary>The ambassadors outside a container: the state belongs to the options instance, and lives as long.</summary>
internal static class LoneAmbassadors
{
    private const string Name = "ambassador";

    private static readonly ConditionalWeakTable<AmbassadorOptions, AmbassadorState> States = [];

    public static AmbassadorState Of(AmbassadorOptions options, TimeProvider? timeProvider, ILoggerFactory? loggerFactory)
    {
        ArgumentNullException.ThrowIfNull(options);
        return States.GetValue(options, options => Create(options, timeProvider ?? TimeProvider.System, loggerFactory ?? NullLoggerFactory.Instance));
    }

    private static AmbassadorState Create(AmbassadorOptions options, TimeProvider clock, ILoggerFactory loggerFactory)
    {
        var failures = AmbassadorOptionRules.FindFailures(Name, options).Concat(FindNames(options))
            .Concat(AmbassadorCredentialRules.FindCertificateProblems(AmbassadorOptionRules.SectionOf(Name), options.ClientCertificate)).ToList();
        if (failures.Count > 0)
        {
            throw new OptionsValidationException(Name, typeof(AmbassadorOptions), failures);
        }

        var state = new AmbassadorState(
            Name,
            new AmbassadorSettings(options, options.GetPipelinesInPlace(), clock),
            new RetryBudget(clock, options.RetryBudget),
            clock,
            loggerFactory.CreateLogger(AmbassadorLog.Category));
        state.UseProber(() => PrimaryHandler.Create(state));
        return state;
    }

    private static IEnumerable<string> FindNames(AmbassadorOptions options)
    {
        (string Key, string? Name)[] pipelines =
        [
            (nameof(options.CallPipeline), options.CallPipeline),
            (nameof(options.AttemptPipeline), options.AttemptPipeline),
            (nameof(options.RetryPipeline), options.RetryPipeline),
        ];
        return pipelines.Where(static pipeline => pipeline.Name is not null).Select(static pipeline =>
            $"{AmbassadorOptionRules.SectionOf(Name)}:{pipeline.Key} is '{pipeline.Name}'; allowed outside a container is only Use{pipeline.Key}.");
    }
}
